import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readCatalog } from "#app/catalog.ts";
import { BackupId } from "#domain/ids.ts";
import { lookAtFleet, sql } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { ensureStockToolsImage } from "#local/images/images.ts";
import { runToEnd } from "#local/podman.ts";
import { stageAddresses } from "#local/stage-layout.ts";
import { watchCommandLines } from "./support/command-lines.ts";
import { watchStage } from "./support/invariants.ts";
import { commandsOf } from "./support/restore-guide.ts";
import { canaries, gatherTraces } from "./support/traces.ts";
import { openWorld, type World } from "./support/world.ts";

const RESCUER = { username: "rescuer", password: randomBytes(16).toString("hex") };

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await resetFleet();
  if ((await wholeBackup()) === undefined) await world.goodBackup(["app-db", "sessions"]);
});
afterAll(async () => {
  await resetFleet();
  await world.client.clearMessages();
});

it("N6 leaves no secret in logs, environments, command lines, histories, manifests or messages", async () => {
  const watch = await watchStage(world);
  const begun = new Date();
  const commandLines = watchCommandLines();

  const backupId = await world.goodBackup(["app-db", "sessions"]);
  const restores = await Promise.all([
    world.client.run("restore", { source: "app-db", options: { databases: { compliance: "compliance" } } }),
    world.client.run("restore", { source: "sessions" }),
  ]);

  expect(restores.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  const seen = await commandLines.stop();
  expect(seen.some((line) => line.includes("pg_dump"))).toBe(true); // else nothing was looked at
  const keys = (await watch.versionsSince()).map((version) => version.slice(0, version.lastIndexOf(" ")));
  const secrets = await canaries(world, keys);
  expect(secrets.filter(({ forms }) => forms.length === 0)).toEqual([]);
  const shown = secrets.filter(({ forms }) => seen.some((line) => forms.some((form) => line.includes(form))));
  expect(shown.map(({ name }) => name)).toEqual([]);
  const arns = restores.map(({ arn }) => arn);
  const places = new Set((await gatherTraces(world, begun, keys, arns)).map(({ where }) => where.split(" ")[0]));
  expect([...places]).toEqual(expect.arrayContaining(["log", "execution", "history", "ECS", "message"]));
  await watch.expectInvariants({ latest: { "app-db": backupId, sessions: backupId } });
});

it.each(["the escrow key", "the account's KMS key"])(
  "X7 restores on a machine without holdfast by RESTORE.md alone, with %s",
  async (by) => {
    await resetFleet(["staging-db"]);
    const { stage, client } = world;
    const { container } = stage.targets["staging-db"];
    // of the new server alone: the roles of the backup bring their passwords along
    await sql(container, "postgres", `CREATE ROLE ${RESCUER.username} SUPERUSER LOGIN PASSWORD '${RESCUER.password}'`);
    const backupId = await wholeBackup();
    if (backupId === undefined) throw new Error("there is no backup of both sources");
    const guide = new TextDecoder().decode(await client.repository.read(world.layout.restoreGuide(backupId)));
    const commands = commandsOf(guide);
    const escrow = by === "the escrow key";
    const script = [
      'set -euo pipefail; cd "$(mktemp -d)"; export GNUPGHOME="$PWD/gnupg"; mkdir -m 700 gnupg',
      `cp /authority.pem ca.pem; ${commands.tls}`, // the server takes nobody without TLS
      commands.fetch,
      commands.check,
      escrow ? "gpg --batch --quiet --import /escrow.asc; unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY" : "",
      escrow ? commands.openByEscrow : commands.openByKms,
      commands.roles,
      commands.databases,
      commands.redisFile,
      commands.redisServer,
      stopServer(guide),
      'redis-server --dir "$PWD/restored" --dbfilename dump.rdb --port 7777 --save "" --enable-debug-command yes --daemonize yes > /dev/null',
      "until redis-cli -p 7777 PING | grep -q PONG; do :; done",
      'echo "DIGEST $(redis-cli -p 7777 DEBUG DIGEST)"',
    ].join("\n");

    const before = await lookAtFleet(stage);
    const run = await runToEnd({
      image: await ensureStockToolsImage(),
      argv: ["bash", "-c", script],
      binds: [
        `${stage.authorityFile}:/authority.pem:ro`,
        ...(escrow ? [`${stage.escrow.privateKeyFile}:/escrow.asc:ro`] : []),
      ],
      env: environmentOf(world),
    });

    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout.includes("Verified OK"), "the signature").toBe(true);
    expect(/DIGEST (\w{12})/.exec(run.stdout)?.[1]).toBe(before.digest);
    const count = (table: string) => sql(container, "app", `SELECT count(*) FROM ${table}`);
    expect(await count("shop.customers")).toBe(before.customers);
    expect(await count("shop.order_lines")).toBe(before.orderLines);
    expect(await count("back_office.reports")).toBe(before.reports);
  },
);

it("X7 knows every point again from the bucket and the signing key alone", async () => {
  const { points } = await readCatalog(world.client.catalog);

  const folders = await world.client.repository.folders(world.layout.everything);
  const manifests = await Promise.all(
    folders.map(async (name) => {
      const id = BackupId.safeParse(name);
      return id.success && (await world.hasManifest(id.data)) ? [id.data] : [];
    }),
  );
  expect([...new Set(points.map(({ backupId }) => backupId))].toSorted()).toEqual(manifests.flat().toSorted());
  expect(await wholeBackup()).toBeDefined();
});

/** The newest backup of which both points are verified. */
async function wholeBackup(): Promise<BackupId | undefined> {
  const verified = (await readCatalog(world.client.catalog)).points.filter(({ proof }) => proof === "verified");
  const of = (name: string) => verified.filter(({ source }) => source === name).map(({ backupId }) => backupId);
  const sessions = of("sessions");
  return of("app-db").find((id) => sessions.includes(id));
}

/** The guide's server is a plain one; the digest is asked of another that may answer `DEBUG`. */
const stopServer = (guide: string) => `redis-cli -p ${/redis-cli -p (\d+) INFO/.exec(guide)?.[1]} SHUTDOWN NOSAVE`;

function environmentOf({ stage }: World): Record<string, string> {
  const { host, port } = stage.targets["staging-db"];
  return {
    AWS_ENDPOINT_URL: `http://${stageAddresses.gateway}:${stageAddresses.emulatorPort}`,
    ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: stage.region },
    ...{ AWS_DEFAULT_REGION: stage.region },
    ...{ PGHOST: host, PGPORT: String(port), PGUSER: RESCUER.username, PGPASSWORD: RESCUER.password },
  };
}
