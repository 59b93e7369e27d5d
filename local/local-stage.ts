import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { StackOutputs } from "./deploy.ts";
import { appDatabases, type FleetTreeName, fleetServers, fleetTrees } from "./fleet/servers.ts";
import type { StageImages } from "./images/images.ts";
import { secretName } from "./secrets.ts";
import { stageAddresses, stageFiles } from "./stage-layout.ts";

const Postgresql = z.object({
  engine: z.literal("postgresql"),
  /** Of holdfast's own rights: to capture (`secret`), to restore (`restoreSecret`). Names in Secrets Manager. */
  ...{
    host: z.string(),
    port: z.number(),
    container: z.string(),
    databases: z.array(z.string()),
    secret: z.string(),
    restoreSecret: z.string(),
  },
});
const Redis = z.object({
  engine: z.literal("redis"),
  host: z.string(),
  port: z.number(),
  container: z.string(),
  secret: z.string(),
});
/** `folder`: where the tree lies on this machine. */
const Files = z.object({
  engine: z.literal("files"),
  fileSystem: z.string(),
  path: z.string(),
  folder: z.string(),
});

const LocalStage = z.object({
  endpoint: z.string(),
  region: z.string(),
  stage: z.string(),
  /** The repository; undefined until the stack is deployed. */
  bucket: z.string().optional(),
  /** Every output of the stack, by its key. */
  outputs: z.record(z.string(), z.string()),
  sources: z.object({ "app-db": Postgresql, sessions: Redis, uploads: Files }),
  targets: z.object({ "staging-db": Postgresql, "staging-redis": Redis, "staging-uploads": Files }),
  sink: z.string(),
  /** `{ "<name>": { username, password } }`, readable by its owner only. */
  secretsFile: z.string(),
  escrow: z.object({ publicKeyFile: z.string(), privateKeyFile: z.string() }),
  /** Whose certificates the PostgreSQL servers of the fleet show; they take nobody without TLS. */
  authorityFile: z.string(),
  images: z.object({ worker: z.string(), fleetPostgresql: z.string(), fleetRedis: z.string() }),
  /** The file system `fs-…` of a plan is the folder of that name in here. */
  efsFolder: z.string(),
  /** While this file exists, new task containers get its `{ environment, binds, match }`. */
  taskFaultsFile: z.string(),
});
/** Where everything of the running local stage is: what `.holdfast/local.json` holds. */
export type LocalStage = z.infer<typeof LocalStage>;

export function localStageOf(images: StageImages, outputs: StackOutputs): LocalStage {
  const bucket = outputs["RepositoryBucketName"];
  const postgresql = (name: "app-db" | "staging-db", databases: readonly string[]) => {
    const { engine, container, host, port } = fleetServers[name];
    return {
      engine,
      container,
      host,
      port,
      databases: [...databases],
      secret: secretName(name),
      restoreSecret: secretName(`${name}-restore`),
    };
  };
  const redis = (name: "sessions" | "staging-redis") => {
    const { engine, container, host, port } = fleetServers[name];
    return { engine, container, host, port, secret: secretName(name) };
  };
  const files = (name: FleetTreeName) => {
    const { engine, fileSystem, path, folder } = fleetTrees[name];
    return { engine, fileSystem, path, folder };
  };
  return LocalStage.parse({
    ...{
      endpoint: stageAddresses.endpoint,
      region: stageAddresses.region,
      stage: stageAddresses.stage,
      sink: stageAddresses.sink,
    },
    ...{ bucket, outputs, images },
    sources: { "app-db": postgresql("app-db", appDatabases), sessions: redis("sessions"), uploads: files("uploads") },
    targets: {
      "staging-db": postgresql("staging-db", []),
      "staging-redis": redis("staging-redis"),
      "staging-uploads": files("staging-uploads"),
    },
    secretsFile: stageFiles.secrets,
    escrow: { publicKeyFile: stageFiles.escrow.publicKey, privateKeyFile: stageFiles.escrow.privateKey },
    authorityFile: stageFiles.certificates.authority,
    efsFolder: stageFiles.emulator.efs,
    taskFaultsFile: stageFiles.taskFaults,
  });
}

/** @throws when the stage is down */
export async function readLocalStage(): Promise<LocalStage> {
  if (!existsSync(stageFiles.localStage)) throw new Error("the local stage is down: npm run local:up starts it");
  return LocalStage.parse(JSON.parse(await readFile(stageFiles.localStage, "utf8")));
}

export async function writeLocalStage(stage: LocalStage): Promise<void> {
  await writeFile(stageFiles.localStage, `${JSON.stringify(stage, undefined, 2)}\n`);
}
