import { HeadObjectCommand, PutObjectLockConfigurationCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { s3Eraser } from "#adapters/aws/eraser.ts";
import { kmsSigner } from "#adapters/aws/keys.ts";
import { s3Locker } from "#adapters/aws/locker.ts";
import { openCopy } from "#adapters/aws/wire.ts";
import { readPlan } from "#adapters/plan-file.ts";
import { auditLog } from "#app/audit-log.ts";
import { expirePoints } from "#app/expire-points.ts";
import { hold } from "#app/hold.ts";
import { lockPoints } from "#app/lock-points.ts";
import { planRetention } from "#app/plan-retention.ts";
import { prunePoints } from "#app/prune-points.ts";
import { releaseHold } from "#app/release-hold.ts";
import { HoldId } from "#domain/hold.ts";
import type { BackupId } from "#domain/ids.ts";
import { engineSections } from "#engines/descriptions.ts";
import { awsClientOptions } from "#local/stage-layout.ts";
import { startS3FaultProxy } from "./support/s3-fault-proxy.ts";
import { type Tampering, tampering } from "./support/tampering.ts";
import { openWorld, type World } from "./support/world.ts";

const HOUR_MS = 3600 * 1000;
const asked = { requestedBy: "the test", why: "test/stage/retention.test.ts" };
const Figures = z.array(z.looseObject({ source: z.string(), keep: z.int(), expire: z.int(), prune: z.int() }));
const Answer = z.looseObject({ verdict: z.string(), figures: z.looseObject({ sources: Figures }) });
const Held = z.looseObject({ figures: z.looseObject({ holdId: HoldId, keptAgain: z.array(z.string()) }) });

let world: World;
let hand: Tampering;
let sweeper: ReturnType<typeof sweeperOf>;
let olderPoints: HoldId;

beforeAll(async () => {
  world = await openWorld();
  hand = await tampering(world);
  await world.haveLatest(); // without any point no clock can have jumped
  const begun = new Date();
  // other tests' points are none of this test's
  olderPoints = Held.parse(await world.client.invoke("hold", { ...asked, to: begun.toISOString() })).figures.holdId;
  sweeper = sweeperOf(world);
});
afterAll(async () => {
  sweeper.hoursLater(60);
  await sweeper.release((await sweeper.hold({ source: "sessions" })).holdId); // brings back what this test has let go of
  await world.client.invoke("release-hold", { ...asked, holdId: olderPoints });
  await world.client.clearMessages();
});

/**
 * The use cases of the machine with everything real but the clock and the plan: only `sessions`, which keeps a day and two
 * verified points.
 */
function sweeperOf({ stage, client, layout, kms }: World) {
  let now = Date.now();
  const clock = () => new Date(now);
  const signer = kmsSigner(kms, stage.outputs["SigningKeyArn"] ?? "");
  const catalog = { ...client.catalog, layout, signer, clock, stage: stage.stage };
  const local = readPlan(".", "local", engineSections);
  const plan = {
    ...local,
    copies: {},
    sources: Object.fromEntries(Object.entries(local.sources).filter(([name]) => name === "sessions")),
    targets: {},
    objectives: { sessions: { rpo: "7d", rto: "1h" } },
    lock: { mode: "governance" as const, for: "1d" },
    retention: { schedule: "0 4 * * 0", default: { days: 1, count: 2 }, sources: {} },
  };
  const silent = { info: () => {}, error: () => {}, belongsTo: () => {} };
  const ports = {
    ...catalog,
    plan,
    log: silent,
    audit: auditLog(catalog),
    locker: s3Locker(client.s3, client.bucket),
    openCopy,
  };
  const begun = now;
  return {
    hoursLater: (hours: number) => {
      now = begun + hours * HOUR_MS;
    },
    async dryRun() {
      const { sources } = Answer.parse(await planRetention(ports)({ source: "sessions" })).figures;
      return sources[0];
    },
    async sweep(s3 = client.s3) {
      const startTime = clock().toISOString();
      const input = { execution: { id: `arn:execution:${startTime}`, startTime } };
      const expired = await expirePoints(ports)(input);
      return { ...expired, ...(await prunePoints({ ...ports, eraser: s3Eraser(s3, client.bucket) })(input)) };
    },
    lock: (backupId: BackupId) =>
      lockPoints(ports)({ execution: { id: "arn:execution:lock", startTime: clock().toISOString() }, backupId }),
    lockEnd: () => new Date(now + 24 * HOUR_MS),
    async hold(scope: object) {
      return Held.parse(await hold(ports)({ ...asked, ...scope }, `call-${now}`)).figures;
    },
    release: (holdId: HoldId) => releaseHold(ports)({ ...asked, holdId }, `call-${now}`),
  };
}

const proofOf = async (backupId: BackupId) => {
  const { points } = z
    .object({ points: z.array(z.looseObject({ backupId: z.string(), proof: z.string() })) })
    .loose()
    .parse(z.looseObject({ figures: z.unknown() }).parse(await world.client.invoke("list-points", {})).figures);
  return points.find((point) => point.backupId === backupId)?.proof;
};
const keysOf = async (backupId: BackupId) => {
  const { artifacts, keyId } = (await world.manifest(backupId)).components["sessions"] ?? { artifacts: [], keyId: "" };
  return [...artifacts.map(({ key }) => key), world.layout.wrappedKey(keyId, 1)];
};
const areThere = async (keys: string[]) =>
  (await Promise.all(keys.map((key) => world.client.repository.history(key)))).map((history) => history !== undefined);

/** S3 refuses to delete data keys, which go last. */
async function sweepWithoutRightsOnKeys() {
  await using proxy = await startS3FaultProxy(({ operation, key }) =>
    operation === "DeleteObject" && key.includes("/keys/") ? { answer: 403, code: "AccessDenied" } : undefined,
  );
  return await sweeper.sweep(new S3Client({ ...awsClientOptions, endpoint: proxy.urlForTasks, forcePathStyle: true }));
}

it("O13 list-points begins with what index-points has written, and reads every manifest where a stranger has put an index", async () => {
  const Listed = z.looseObject({ figures: z.looseObject({ points: z.array(z.unknown()), readFrom: z.string() }) });
  const list = async () => Listed.parse(await world.client.invoke("list-points", { newest: 1_000 })).figures;

  const before = await list();
  await world.client.invoke("index-points", {});
  const indexed = await list();
  await world.client.repository.create(world.layout.index(new Date("2099-01-01T00:00:00Z")), "{}"); // later files read manifests again
  const after = await list();

  expect(before.readFrom).toBe("every manifest: there is no index");
  expect(indexed.readFrom).toMatch(/^index of 20/);
  expect(indexed.points).toEqual(before.points);
  expect(after.readFrom).toMatch(/every manifest: .* is not signed by us/);
  expect(after.points).toEqual(before.points);
});

it("AS-13 GL-6 the machine sweeps by the deployed plan and comes to the figures of the dry run; T5 it refuses a clock that has jumped", async () => {
  const dryRun = Answer.parse(await world.client.invoke("plan-retention", { where: "repository" }));

  const { status, cause, output } = await world.client.run("retention", {});

  expect(cause).toBe("");
  expect(status).toBe("SUCCEEDED");
  const swept = z.looseObject({ plan: Answer.shape.figures, expire: z.unknown(), prune: z.unknown() }).parse(output);
  expect(swept.plan.sources).toEqual(dryRun.figures.sources);
  expect(swept.expire).toEqual({ expired: 0, keptAgain: 0 });
  expect(swept.prune).toMatchObject({ outcome: "PRUNED", pruned: 0 });
  const jumped = world.client.invoke("plan-retention", { startedAt: new Date("2036-01-01").toISOString() });
  await expect(jumped).rejects.toMatchObject({ name: "ClockJumped" });
});

it("C5 T4 T6 lets go of all but the last verified points, saves what is held in between, and deletes the rest a day later by version, unless it is locked, and goes on where S3 has refused half of it", async () => {
  const ids: BackupId[] = [];
  for (let count = 0; count < 4; count++) ids.push(await world.goodBackup(["sessions"]));
  const [gone, saved, kept, latest] = ids as [BackupId, BackupId, BackupId, BackupId];
  const [goneKeys, savedKeys] = [await keysOf(gone), await keysOf(saved)];

  sweeper.hoursLater(25);
  const dryRun = await sweeper.dryRun();
  const first = await sweeper.sweep();
  expect(dryRun).toMatchObject({ expire: 2, prune: 0 });
  expect(first).toMatchObject({ expired: 2, pruned: 0 });
  expect(await Promise.all(ids.map(proofOf))).toEqual([undefined, undefined, "verified", "verified"]);
  expect(await world.client.latest("sessions")).toBe(latest);

  sweeper.hoursLater(26);
  const { holdId, keptAgain } = await sweeper.hold({ backupId: saved });
  expect(keptAgain).toEqual([`${saved} sessions`]);
  expect(await proofOf(saved)).toBe("verified");
  const [artifact = ""] = savedKeys;
  const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled" } as const;
  await world.client.s3.send(
    new PutObjectLockConfigurationCommand({ Bucket: world.client.bucket, ObjectLockConfiguration }), // the emulator's CloudFormation does not hear it
  );
  const { locked } = await sweeper.lock(saved);
  expect(locked).toBeGreaterThan(6);
  const head = await world.client.s3.send(new HeadObjectCommand({ Bucket: world.client.bucket, Key: artifact }));
  expect(head.ObjectLockMode).toBe("GOVERNANCE");
  expect(Math.abs(Number(head.ObjectLockRetainUntilDate) - sweeper.lockEnd().getTime())).toBeLessThan(1_000);
  await expect(hand.remove(artifact)).rejects.toMatchObject({ name: "AccessDenied" });

  sweeper.hoursLater(50);
  expect(await sweeper.dryRun()).toMatchObject({ expire: 0, prune: 1 });
  const refused = await sweepWithoutRightsOnKeys();
  expect(refused).toMatchObject({ outcome: "FAILED", pruned: 0 });
  expect(refused.problems).toContain(`${gone} sessions: AccessDenied`);
  expect(await areThere(goneKeys)).toEqual([false, true]);
  expect(await proofOf(gone)).toBeUndefined();
  expect(await world.client.latest("sessions")).toBe(latest);

  sweeper.hoursLater(50.5);
  expect(await sweeper.sweep()).toMatchObject({ expired: 0, pruned: 1, deferred: [], problems: "" });
  expect(await areThere(goneKeys)).toEqual([false, false]);
  expect(await areThere(savedKeys)).toEqual([true, true]);
  expect(await world.hasManifest(gone)).toBe(true);

  await sweeper.release(holdId);
  sweeper.hoursLater(51);
  await sweeper.sweep();
  sweeper.hoursLater(76);
  const waiting = await sweeper.sweep();
  expect(waiting.deferred).toEqual([expect.stringContaining(`${artifact} is locked until`)]);
  expect(await areThere(savedKeys)).toEqual([true, true]);
  expect(await world.client.latest("sessions")).toBe(latest);

  const [keptArtifact = ""] = await keysOf(kept);
  const bytes = await hand.read(keptArtifact);
  await hand.remove(keptArtifact);
  const alarm = await world.client.message((text) => text.includes(`${keptArtifact} has lost a version for good`));
  await hand.put(keptArtifact, bytes);
  expect(alarm).toBeDefined();
  const told = (await world.client.messages()).map((message) => world.client.asText(message)).join("\n");
  for (const key of goneKeys) expect(told).not.toContain(key);
  expect(await world.client.invoke("read-audit", {})).toMatchObject({ verdict: expect.stringContaining("is whole") });
});
