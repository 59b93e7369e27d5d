import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { announce } from "#app/announce.ts";
import { checkBackup } from "#app/check-backup.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { noticeTampering, type ObjectChange } from "#app/notice-tampering.ts";
import { sweepRepository } from "#app/sweep-repository.ts";
import { aBackup, capture, layout, type MemoryWorld, memoryWorld } from "../support/memory-world.ts";

const committedAt = new Date("2026-02-23T02:00:00Z");
const later = new Date("2026-02-23T02:40:00Z");
const change = (key: string, more: Partial<ObjectChange> = {}): ObjectChange => ({
  bucket: "the-bucket",
  key,
  at: later,
  isDeletedForGood: false,
  versionId: undefined,
  isByRule: false,
  who: "123456789012 from 203.0.113.7, by PutObject (request 2AB7)",
  ...more,
});
async function committed() {
  const world = memoryWorld();
  await world.ports.repository.create(layout.claim(aBackup), '{"holder":"me"}');
  await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures: [capture(world, "app-db")] });
  world.happened.length = 0;
  const [artifact = ""] = world.artifacts.keys();
  return { world, artifact };
}
const writeOver = (world: MemoryWorld, key: string) =>
  world.histories.set(key, {
    key,
    versions: [
      { versionId: "v2", at: later },
      { versionId: "v1", at: committedAt },
    ],
    markers: [],
  });
const notice = (world: MemoryWorld) => noticeTampering(world.ports);
const sweep = (world: MemoryWorld) =>
  sweepRepository({ ...world.ports, check: checkBackup({ ...world.ports, verifyMachine: "arn:verify" }) });
const sweepAt = (world: MemoryWorld, now: Date) =>
  sweepRepository({
    ...{ ...world.ports, clock: () => now },
    check: checkBackup({ ...world.ports, verifyMachine: "arn:verify" }),
  });
const addDays = (date: Date, days: number) => new Date(date.getTime() + days * 86_400_000);
/** In days; then S3 takes `runs/` away, claims and all. */
function claimsKeptByTheBucket(): number {
  const template = parse(readFileSync("infra/repository.yml", "utf8"), { logLevel: "silent" });
  const { Rules } = template.Resources.RepositoryBucket.Properties.LifecycleConfiguration;
  return Rules.find(({ Id }: { Id: string }) => Id === "forget-runs").ExpirationInDays;
}
const raised = (world: MemoryWorld) =>
  world.happened.flatMap(({ type, detail }) => (type === "AlarmRaised" ? [detail] : []));

describe("tampering with the repository", () => {
  it("says nothing of what holdfast writes itself, in whatever order the events come", async () => {
    const { world, artifact } = await committed();

    for (const key of [artifact, ...world.objects.keys(), artifact]) await notice(world)(change(key));
    await sweep(world)({ lostAfterMinutes: 5 });

    expect(raised(world)).toEqual([]);
  });

  it("says nothing of an artifact whose run has claimed its backup and goes on", async () => {
    const world = memoryWorld();
    await world.ports.repository.create(layout.claim(aBackup), '{"holder":"me"}');
    capture(world, "app-db");
    const [artifact = ""] = world.artifacts.keys();

    await notice(world)(change(artifact));

    expect(raised(world)).toEqual([]);
  });

  it("asks for the claim of an artifact only as long as the bucket keeps claims: a failed backup is no alarm a month later", async () => {
    const world = memoryWorld();
    capture(world, "app-db");
    const kept = claimsKeptByTheBucket();

    await sweepAt(world, addDays(committedAt, kept - 2))({ lostAfterMinutes: 5 });
    expect(raised(world)).toHaveLength(1);

    world.happened.length = 0;
    await sweepAt(world, addDays(committedAt, kept))({ lostAfterMinutes: 5 });
    expect(raised(world)).toEqual([]);
  });

  it("R7 raises an alarm that says who wrote over an artifact, and how the first version comes back", async () => {
    const { world, artifact } = await committed();
    writeOver(world, artifact);

    await notice(world)(change(artifact));

    expect(raised(world)).toEqual([
      expect.objectContaining({
        code: "RepositoryTampered",
        message: `${artifact} was written over (${later.toISOString()}).\nBy 123456789012 from 203.0.113.7, by PutObject (request 2AB7).`,
        next: expect.objectContaining({
          command: expect.stringContaining(`delete-object --bucket the-bucket --key '${artifact}' --version-id v2`),
        }),
      }),
    ]);
  });

  it("R6 raises an alarm for a delete marker, and for a version that is gone for good", async () => {
    const { world, artifact } = await committed();
    const manifest = layout.manifest(aBackup);
    world.histories.set(manifest, {
      key: manifest,
      versions: [{ versionId: "v1", at: committedAt }],
      markers: [{ versionId: "m1", at: later }],
    });

    await notice(world)(change(manifest));
    await notice(world)(change(artifact, { isDeletedForGood: true }));

    expect(raised(world).map(({ message }) => message.split("\n")[0])).toEqual([
      `${manifest} is hidden by a delete marker (${later.toISOString()}).`,
      `${artifact} has lost a version for good (${later.toISOString()}).`,
    ]);
  });

  it("lets the bucket's own rule take away what runs left, and nothing else", async () => {
    const { world, artifact } = await committed();

    await notice(world)(change(layout.claim(aBackup), { isByRule: true, isDeletedForGood: true }));
    expect(raised(world)).toEqual([]);

    await notice(world)(change(artifact, { isByRule: true, isDeletedForGood: true }));
    expect(raised(world)).toHaveLength(1);
  });

  it.each([
    ["a key that is none of holdfast's", "test/readme-to-get-your-data-back.txt", "is no key of holdfast's"],
    [
      "an artifact of a backup that no run has claimed",
      layout.artifact(aBackup, "app-db", 0, 1, "dump").replaceAll("2026-02-23", "2026-02-24"),
      "belongs to a backup that no run has claimed",
    ],
    [
      "an artifact beside a committed backup",
      layout.artifact(aBackup, "app-db", 7, 1, "dump"),
      "was put beside a backup after it had been committed, and is not in its manifest",
    ],
  ])("raises an alarm for %s", async (_, key, what) => {
    const { world } = await committed();
    world.objects.set(key, new Uint8Array());
    world.histories.set(key, { key, versions: [{ versionId: "v1", at: later }], markers: [] });

    await notice(world)(change(key));

    expect(raised(world)[0]?.message).toContain(`${key} ${what}`);
  });

  it("O6 the sweep finds what lost events missed, and it is the same problem as the event's: told once", async () => {
    const { world, artifact } = await committed();
    writeOver(world, artifact);

    await notice(world)(change(artifact));
    const answer = await sweep(world)({ lostAfterMinutes: 5 });
    const tell = announce(world.ports);
    for (const [index, happening] of world.happened.entries()) await tell({ happening, requestId: String(index) });

    expect(answer.verdict).toBe("The repository was tampered with: 1 findings");
    expect(raised(world)).toHaveLength(2);
    expect(world.told).toMatchObject([
      {
        code: "RepositoryTampered",
        severity: "critical",
        figures: [{ label: "runbook", value: "docs/runbooks/RepositoryTampered.md" }],
      },
    ]);
  });

  it("O6 the sweep starts the verification of a backup whose event was lost, and of no other", async () => {
    const { world } = await committed();

    const answer = await sweep(world)({ lostAfterMinutes: 5 });
    await sweep(world)({ lostAfterMinutes: 5 });

    expect(answer.figures["checkedLate"]).toEqual([aBackup]);
    expect(world.started).toEqual([{ name: aBackup, input: { backupId: aBackup } }]);

    world.started.length = 0;
    await world.ports.repository.create(layout.proof(aBackup, "app-db", "verified", "verify-x"), "{}");
    expect((await sweep(world)({ lostAfterMinutes: 5 })).figures["checkedLate"]).toEqual([]);
    expect(world.started).toEqual([]);
  });
});
