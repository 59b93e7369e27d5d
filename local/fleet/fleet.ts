import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pWaitFor from "p-wait-for";
import { serverCertificate } from "../certificates.ts";
import { ensureFleetPostgresqlImage, ensureFleetRedisImage } from "../images/images.ts";
import { execIn, logsOf, remove, runDetached } from "../podman.ts";
import { type StageSecrets, stageSecrets } from "../secrets.ts";
import { stageFiles } from "../stage-layout.ts";
import { makeSampleTree } from "./sample-tree.ts";
import {
  type FleetServerName,
  type FleetTreeName,
  fleetServerNames,
  fleetServers,
  fleetTreeNames,
  fleetTrees,
} from "./servers.ts";

const fleetLabel = "holdfast.fleet";

/**
 * Puts servers and trees of the sample fleet into their first state: seeded, or empty for the staging ones. What they held
 * is gone. Servers take logins when this returns. A few seconds.
 * @throws when a server does not come up, with its log
 */
export async function resetFleet(
  names: readonly (FleetServerName | FleetTreeName)[] = [...fleetServerNames, ...fleetTreeNames],
): Promise<void> {
  const secrets = await stageSecrets();
  await Promise.all(names.map((name) => (isTree(name) ? resetTree(name) : start(name, secrets))));
}

const isTree = (name: FleetServerName | FleetTreeName): name is FleetTreeName => name in fleetTrees;

/** Goes with it: what restores have left beside the tree. The mount itself stays: tasks may have it. */
async function resetTree(name: FleetTreeName): Promise<void> {
  const { mount, folder, starts } = fleetTrees[name];
  await mkdir(mount, { recursive: true });
  const there = await readdir(mount);
  await Promise.all(there.map((left) => rm(join(mount, left), { recursive: true, force: true })));
  if (starts === "seeded") await makeSampleTree(folder);
}

async function start(name: FleetServerName, secrets: StageSecrets): Promise<void> {
  const { engine, container } = fleetServers[name];
  await remove([container]);
  try {
    await (engine === "postgresql" ? startPostgresql(name, secrets) : startRedis(name, secrets));
  } catch (error) {
    throw new Error(`${name} did not come up: ${String(error)} ${await logsOf(container)}`, { cause: error });
  }
}

/** It takes nobody from outside until it has its certificate, and then nobody without TLS. */
async function startPostgresql(name: FleetServerName, secrets: StageSecrets): Promise<void> {
  const { container, port, starts } = fleetServers[name];
  const data = `/var/lib/postgresql/${starts}`;
  await runDetached({
    ...{
      image: await ensureFleetPostgresqlImage(),
      name: container,
      labels: [`${fleetLabel}=${name}`],
      ports: published(port, 5432),
    },
    env: { PGDATA: data },
    binds: [`${join(import.meta.dirname, "pg_hba.conf")}:/run/fleet/pg_hba.conf:ro`],
    argv: ["postgres", "-c", "hba_file=/run/fleet/pg_hba.conf"],
    shmBytes: 256 * 1024 * 1024,
  });
  const { key, certificate } = await serverCertificate();
  await Promise.all([put(container, `${data}/server.key`, key), put(container, `${data}/server.crt`, certificate)]);
  // By standard input: a password among the arguments, or in the image, could be read by others.
  const logins = [...passwordsOf(name, secrets)].map(
    ({ username, password }) => `ALTER ROLE ${username} PASSWORD '${password}';`,
  );
  const tls = ["ALTER SYSTEM SET ssl = on;", "SELECT pg_reload_conf();"]; // not at its start: it would end for want of the key
  const psql = (statements: string[]) =>
    execIn(container, ["psql", "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-d", "postgres"], {
      input: statements.join("\n"),
    });
  await until(name, async () => (await psql([...logins, ...tls])).exitCode === 0);
  await until(name, async () => / on\n/.test((await psql(["SHOW ssl;"])).stdout)); // a reload takes a moment
}

/** Into a file of the server's own user, which nobody else reads. */
async function put(container: string, file: string, content: string): Promise<void> {
  const { exitCode, stderr } = await execIn(container, ["install", "--mode=600", "/dev/stdin", file], {
    input: content,
  });
  if (exitCode !== 0) throw new Error(`${file} could not be written: ${stderr}`);
}

async function startRedis(name: FleetServerName, secrets: StageSecrets): Promise<void> {
  const { container, port, starts } = fleetServers[name];
  const acl = join(stageFiles.root, `${name}.acl`);
  const users = [...passwordsOf(name, secrets)].map(
    ({ username, password }) =>
      `user ${username} on #${createHash("sha256").update(password).digest("hex")} ~* &* +@all`,
  );
  await writeFile(acl, ["user default off", ...users, ""].join("\n"));
  await chmod(acl, 0o644); // read by the server's own user; the hash of 24 random bytes gives nothing away
  await runDetached({
    ...{
      image: await ensureFleetRedisImage(),
      name: container,
      labels: [`${fleetLabel}=${name}`],
      ports: published(port, 6379),
    },
    binds: [`${acl}:/run/fleet/users.acl:ro`],
    argv: ["redis-server", "/fleet/redis.conf", "--dir", `/var/lib/redis/${starts}`],
  });
  const { username, password } = secrets[name];
  const login = `AUTH ${username} ${password}\nPING\n`;
  await until(name, async () => (await execIn(container, ["redis-cli"], { input: login })).stdout.includes("PONG"));
}

function* passwordsOf(name: FleetServerName, secrets: StageSecrets) {
  yield secrets[name];
  if (name === "app-db") yield* [secrets["app-db-restore"], secrets["app-writer"]];
  if (name === "staging-db") yield secrets["staging-db-restore"];
}

/** Tasks come in by the bridge's gateway, tools on this machine by either. Nobody else does. */
const published = (port: number, containerPort: number) =>
  ["127.0.0.1", fleetServers["app-db"].host].map((address) => `${address}:${port}:${containerPort}`);

async function until(name: string, isReady: () => Promise<boolean>): Promise<void> {
  await pWaitFor(isReady, {
    interval: 30,
    timeout: { milliseconds: 30_000, message: `${name} takes no login after 30 s` },
  });
}
