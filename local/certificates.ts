import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runToEnd } from "./podman.ts";
import { stageAddresses, stageFiles } from "./stage-layout.ts";

const { folder, authority } = stageFiles.certificates;
const DAYS = "3650"; // a stage outlives every checkout

/** What a server of the sample fleet shows: PEM. */
export const serverCertificate = async () => ({
  key: await readFile(join(folder, "server.key"), "utf8"),
  certificate: await readFile(join(folder, "server.pem"), "utf8"),
});

/**
 * An authority of this machine alone, whose certificate the local plan names, and a certificate of it for the fleet's
 * servers. Made once; the authority's key is thrown away.
 * @param image one with `openssl` in it: the machine may have none
 */
export async function ensureCertificates(image: string): Promise<void> {
  if (existsSync(authority) && existsSync(folder)) return;
  const made = `${folder}.new`;
  await rm(made, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
  await mkdir(made, { recursive: true, mode: 0o700 });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", DAYS];
  const names = [stageAddresses.gateway, "127.0.0.1"].map((address) => `IP:${address}`).join();
  await openssl(image, made, [
    ...["req", "-x509", ...key, "-subj", "/CN=holdfast local", "-keyout", "ca.key", "-out", "ca.pem"],
  ]);
  await openssl(image, made, [
    ...["req", "-x509", ...key, "-subj", "/CN=sample fleet", "-addext", `subjectAltName=${names}`],
    ...["-addext", "basicConstraints=critical,CA:FALSE", "-CA", "ca.pem", "-CAkey", "ca.key"],
    ...["-keyout", "server.key", "-out", "server.pem"],
  ]);
  await rm(join(made, "ca.key"));
  await mkdir(dirname(authority), { recursive: true });
  await rename(join(made, "ca.pem"), authority);
  await rename(made, folder);
}

async function openssl(image: string, into: string, args: string[]): Promise<void> {
  const run = { image, user: "0:0", network: "none", binds: [`${into}:/made`], entrypoint: "openssl" };
  const { exitCode, stderr } = await runToEnd({
    ...run,
    argv: args.map((arg) => (FILE.test(arg) ? `/made/${arg}` : arg)),
  });
  if (exitCode !== 0) throw new Error(`the certificates of the sample fleet could not be made: ${stderr}`);
}

const FILE = /^(ca|server)\.(key|pem)$/;
