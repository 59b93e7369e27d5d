import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";

/** The checkout. Everything else is derived from it, so a test may run from any working directory. */
export const repositoryRoot = resolve(import.meta.dirname, "..");
const stateRoot = join(repositoryRoot, ".holdfast");

/** Where the local stage keeps what it makes. All of it is git-ignored, and safe to delete while the stage is down. */
export const stageFiles = {
  root: stateRoot,
  logs: join(stateRoot, "logs"),
  build: join(stateRoot, "build"),
  reports: join(stateRoot, "reports"),
  podmanSocket: join(stateRoot, "podman.sock"),
  containersConf: join(stateRoot, "containers.conf"),
  processes: join(stateRoot, "processes.json"),
  secrets: join(stateRoot, "secrets.json"),
  messages: join(stateRoot, "messages.jsonl"),
  localStage: join(stateRoot, "local.json"),
  taskFaults: join(stateRoot, "task-faults.json"),
  venvPython: join(stateRoot, "venv/bin/python"),
  typeScriptBuildInfo: join(stateRoot, "tsc.tsbuildinfo"),
  emulator: { home: join(stateRoot, "ms"), temporary: join(stateRoot, "tmp"), efs: join(stateRoot, "efs") },
  escrow: {
    folder: join(stateRoot, "escrow"),
    publicKey: join(repositoryRoot, "config/escrow/local.asc"), // where config/local.yml says
    privateKey: join(stateRoot, "escrow/private.asc"),
  },
  certificates: {
    folder: join(stateRoot, "certificates"),
    authority: join(repositoryRoot, "config/certificates/local.pem"), // where config/local.yml says
  },
} as const;

/** The stage has fixed addresses, so that `config/local.yml` can be an ordinary plan. */
export const stageAddresses = {
  stage: "local",
  region: "us-east-1",
  /** The host, as containers see it: the gateway of podman's default bridge. The host reaches itself there, too. */
  gateway: "10.88.0.1",
  emulatorPort: 4566,
  endpoint: "http://127.0.0.1:4566",
  sinkPort: 4599,
  sink: "http://127.0.0.1:4599",
} as const;

/** For AWS clients and for `sls`: the emulator takes any credentials, but the SDKs insist on some. */
export const emulatorEnvironment = {
  AWS_ENDPOINT_URL: stageAddresses.endpoint,
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_REGION: stageAddresses.region,
  AWS_DEFAULT_REGION: stageAddresses.region,
} as const;

/** The same, for a client made in this process. */
export const awsClientOptions = {
  endpoint: stageAddresses.endpoint,
  region: stageAddresses.region,
  credentials: {
    accessKeyId: emulatorEnvironment.AWS_ACCESS_KEY_ID,
    secretAccessKey: emulatorEnvironment.AWS_SECRET_ACCESS_KEY,
  },
} as const;

/** Tools of the repository (Node 24 among them) come before those of the machine. */
export const toolPath = `${join(repositoryRoot, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;

/** Makes the state folder, which a fresh checkout lacks. */
export async function makeStageFolders(): Promise<void> {
  await mkdir(stageFiles.logs, { recursive: true });
  await mkdir(stageFiles.build, { recursive: true });
}
