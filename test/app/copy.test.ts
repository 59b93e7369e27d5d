import { describe, expect, it } from "vitest";
import { readCatalog } from "#app/catalog.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { planRestore } from "#app/plan-restore.ts";
import { readBack } from "#app/read-back.ts";
import { readCopies } from "#app/read-copies.ts";
import { createSigned } from "#app/signed-objects.ts";
import { whatNow } from "#app/what-now.ts";
import { RestoreId, safetyBackupId } from "#domain/ids.ts";
import { WhatNowByHand } from "#events/by-hand.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import { copyWorld } from "../support/copy-world.ts";
import { capture, layout } from "../support/memory-world.ts";
import { daysAgo, havePoint, now } from "../support/retention-world.ts";

const BEGUN = { outcome: "UNFINISHED" as const, copy: 0, part: 0, problems: "" };

const readBackBy = (world: ReturnType<typeof copyWorld>, clock: () => Date) => readBack({ ...world.ports, clock });

describe("a copy", () => {
  it("AP-2 AP-6 AS-11 is made of every verified point of the sources that the plan names, once, and of nothing else", async () => {
    const world = copyWorld();
    const [older, newer] = [await havePoint(world, daysAgo(2)), await havePoint(world, daysAgo(1))];
    await havePoint(world, now, { isVerified: false });
    const safety = safetyBackupId(RestoreId.parse("2026-11-20-040000-abcd"), daysAgo(3));
    await commitBackup(world.ports)({
      backupId: safety,
      sources: ["app-db"],
      captures: [capture(world, "app-db", {}, safety)],
    });

    const first = await world.run();
    const second = await world.planned();

    expect(first).toMatchObject({ outcome: "COPIED", problems: "" });
    const { points } = await readCatalog({ ...world.ports, repository: world.there.ports.repository });
    expect(points.map(({ backupId, proof }) => [backupId, proof])).toEqual([
      [newer, "verified"],
      [older, "verified"],
    ]);
    expect(second).toMatchObject({ isNeeded: false, copies: [] });
    expect((await world.planned({ backupId: older, again: true })).copies).toHaveLength(1);
  });

  it("leaves proofs on both sides that say which point was read back, where and how", async () => {
    const world = copyWorld();
    const backupId = await havePoint(world, daysAgo(1));

    await world.run();

    for (const { repository } of [world.ports, world.there.ports]) {
      const [point] = (await readCatalog({ ...world.ports, repository })).points;
      if (!point) throw new Error("no point");
      expect(await readCopies({ ...world.ports, repository }, point)).toMatchObject([
        { backupId, copy: "offsite", bucket: "holdfast-offsite", region: "eu-central-1", by: "checksums" },
      ]);
    }
  });

  it("is no point before its manifest is there, which is written last, and is gone on with wherever it was cut off", async () => {
    let writes = 0;
    for (let isCutOff = true; isCutOff; writes++) {
      const world = copyWorld();
      const backupId = await havePoint(world, daysAgo(1));
      const { repository } = world.there.ports;
      const { create } = repository;
      let left = writes;
      repository.create = async (key, body) => {
        if (left-- === 0) throw new Error("503 Slow Down");
        return create(key, body);
      };

      isCutOff = await world.copy(backupId).then(
        () => false,
        () => true,
      );

      expect(world.there.objects.has(layout.manifest(backupId)), `after ${writes}`).toBe(!isCutOff);
      repository.create = create;
      expect(await world.copy(backupId)).toEqual({ isWhole: true });
      expect(world.copied).toHaveLength(1);
    }
    expect(writes).toBe(7); // data key, RESTORE.md, proof and signature, the manifest's signature, manifest, and none cut off
  });

  it("is gone on with by the next call when the time of one is over", async () => {
    const world = copyWorld();
    const backupId = await havePoint(world, daysAgo(1));
    world.limits.artifacts = 0;

    const first = await world.copy(backupId);
    world.limits.artifacts = 1;
    const second = await world.copy(backupId);

    expect([first, second]).toEqual([{ isWhole: false }, { isWhole: true }]);
  });

  it("refuses to copy what is not what the manifest says, and to write over what stands there", async () => {
    const world = copyWorld();
    const [changed, taken] = [await havePoint(world, daysAgo(2)), await havePoint(world, daysAgo(1))];
    const keyOf = (backupId: string) => [...world.artifacts.keys()].find((key) => key.includes(backupId)) ?? "";
    const artifact = world.artifacts.get(keyOf(changed));
    if (!artifact) throw new Error("no artifact");
    world.artifacts.set(keyOf(changed), { ...artifact, compositeSha256: "others-1" });
    world.there.artifacts.set(keyOf(taken), { ...artifact, compositeSha256: "others-1" });

    await expect(world.copy(changed)).rejects.toMatchObject({ name: "ChecksumMismatch" });
    await expect(world.copy(taken)).rejects.toMatchObject({ name: "AlreadyCommitted" });
    expect(world.copied).toEqual([]);
  });
});

describe("reading a copy back", () => {
  const wanted = async (world: ReturnType<typeof copyWorld>, deep = false) => {
    const backupId = await havePoint(world, daysAgo(1));
    await world.copy(backupId);
    return { backupId, source: "app-db", to: "offsite", deep };
  };
  const look = (world: ReturnType<typeof copyWorld>, copy: Awaited<ReturnType<typeof wanted>>, readBack = BEGUN) =>
    world.readBack({ runId: "copy-x", copies: [copy], readBack });
  const proofs = ({ objects }: { objects: Map<string, unknown> }) =>
    [...objects.keys()].filter((key) => key.includes("/copied-") && key.endsWith(".json"));

  it.each([
    ["an artifact is not there", "ArtifactMissing", (key: string) => key.endsWith(".gpg"), undefined],
    ["an artifact is shorter", "bytes, not", (key: string) => key.endsWith(".gpg"), { bytes: 3 }],
    [
      "an artifact has another checksum",
      "others-1, not",
      (key: string) => key.endsWith(".gpg"),
      { compositeSha256: "others-1" },
    ],
    ["its data key is not there", "data key", (key: string) => key.includes("/keys/"), undefined],
    ["its proof is not there", "committed there, not verified", (key: string) => key.includes("/verified-"), undefined],
    ["its guide is not there", "RESTORE.md", (key: string) => key.endsWith("RESTORE.md"), undefined],
    ["its manifest is not signed", "is not signed by", (key: string) => /manifest\.\w+\.sig$/.test(key), undefined],
  ])("proves nothing where %s", async (_, says, isIt, instead) => {
    const world = copyWorld();
    const copy = await wanted(world);
    const { artifacts, objects } = world.there;
    for (const key of [...artifacts.keys(), ...objects.keys()].filter(isIt)) {
      const artifact = artifacts.get(key);
      artifacts.delete(key);
      objects.delete(key);
      if (artifact && instead) artifacts.set(key, { ...artifact, ...instead });
    }

    const result = await look(world, copy);

    expect(result.outcome).toBe("FAILED");
    expect(result.problems).toContain(says);
    expect([...proofs(world), ...proofs(world.there)]).toEqual([]);
  });

  it("proves the copies that are whole beside one that could not be made, and says why it could not", async () => {
    const world = copyWorld();
    const copy = await wanted(world);
    const lost = { ...copy, backupId: await havePoint(world, daysAgo(3)) };
    const failure = {
      Error: "AlreadyCommitted",
      Cause: JSON.stringify({ errorType: "AlreadyCommitted", errorMessage: "x" }),
    };

    const result = await world.readBack({ runId: "copy-x", copies: [{ ...lost, failure }, copy], readBack: BEGUN });

    expect(result).toMatchObject({
      outcome: "FAILED",
      problems: `app-db of ${lost.backupId} in offsite: AlreadyCommitted: x`,
    });
    expect(proofs(world)).toEqual([expect.stringContaining(copy.backupId)]);
  });

  it("reads every byte where that is wanted, in as many calls as it takes, and finds one that is another", async () => {
    const world = copyWorld();
    const copy = await wanted(world, true);
    const [[key = "", artifact] = []] = world.there.artifacts;
    const { repository } = world.there.ports;
    const head = await repository.head(key);
    repository.head = (
      (was) => async (asked) =>
        asked === key ? head : was(asked)
    )(repository.head);
    const text = "bytes of app-db";
    world.there.objects.set(key, new TextEncoder().encode(text));
    const { clock } = world.ports;
    let calls = 0;
    const slow = () => new Date(clock().getTime() + calls++ * 3_600_000);

    const first = await readBackBy(world, slow)({ runId: "copy-x", copies: [copy], readBack: BEGUN });
    const second = await look(world, copy, first as typeof BEGUN);
    world.there.objects.set(key, new TextEncoder().encode(text.replace("bytes", "bites")));
    const third = await look(world, copy);

    expect(artifact?.bytes).toBe(text.length);
    expect(first).toMatchObject({ outcome: "UNFINISHED", copy: 0, part: 0 });
    expect(second).toMatchObject({ outcome: "COPIED" });
    expect(third.problems).toContain("ChecksumMismatch");
  });
});

describe("a restore from a copy", () => {
  const lost = async () => {
    const world = copyWorld();
    const backupId = await havePoint(world, daysAgo(1));
    await world.run();
    for (const kept of [world.objects, world.artifacts])
      for (const key of kept.keys()) if (key.includes(backupId)) kept.delete(key);
    const plan = (request: object) =>
      planRestore(world.ports)({
        input: RestoreRequested.parse({ source: "app-db", ...request }),
        execution: { id: "arn:restore", startTime: now.toISOString() },
      });
    return { world, backupId, plan };
  };

  const pruneHere = async (world: ReturnType<typeof copyWorld>) => {
    world.time.at = daysAgo(-60);
    await havePoint(world, daysAgo(-59.9));
    await havePoint(world, daysAgo(-59.8));
    await world.sweep("repository");
    world.time.at = daysAgo(-62);
    await havePoint(world, daysAgo(-61.9));
    await world.sweep("repository");
  };

  it("R6 R7 takes the point that the repository has lost from its copy by itself, says why, and tells its tasks where to read it", async () => {
    const { world, backupId, plan } = await lost();

    const planned = await plan({});
    const asked = await plan({ from: "offsite" });

    expect(planned.plan).toMatchObject({ backupId, from: "offsite", target: "staging-db" });
    expect(planned.plan.fellBack).toBe("app-db has no verified point. There are no points at all.");
    expect(asked.plan).toMatchObject({ backupId, from: "offsite" });
    expect(asked.plan.fellBack).toBeUndefined();
    const told = JSON.parse(new TextDecoder().decode(world.objects.get(planned.inspect[0]?.taskInputKey ?? "")));
    expect(told.from).toEqual({ bucket: "holdfast-offsite", region: "eu-central-1" });
  });

  it("R6 takes the very point whose artifact or data key is gone here from the copy, and never an older one in its place", async () => {
    for (const [what, isIt] of [
      ["ArtifactMissing", (key: string) => key.endsWith(".gpg")],
      ["its data key", (key: string) => key.includes("/keys/")],
    ] as const) {
      const world = copyWorld();
      await havePoint(world, daysAgo(2));
      await world.run();
      const newest = await havePoint(world, daysAgo(1));
      for (const kept of [world.objects, world.artifacts])
        for (const key of kept.keys()) if (key.includes(newest) && isIt(key)) kept.delete(key);
      const plan = () =>
        planRestore(world.ports)({
          input: RestoreRequested.parse({ source: "app-db" }),
          execution: { id: "arn:restore", startTime: now.toISOString() },
        });

      await expect(plan(), what).rejects.toMatchObject({
        name: "NoSuchPoint",
        message: expect.stringMatching(
          new RegExp(`The repository has lost ${newest}: ${what}.*\nNor can it be read from its copy in offsite: `),
        ),
      });
    }
  });

  it("R6 reads from the copy what it has whole, when an artifact is gone here, and names what is newer", async () => {
    const world = copyWorld();
    const backupId = await havePoint(world, daysAgo(1));
    await world.run();
    world.artifacts.clear();
    const newer = await havePoint(world, daysAgo(0.5), { isVerified: false });

    const { plan } = await planRestore(world.ports)({
      input: RestoreRequested.parse({ source: "app-db" }),
      execution: { id: "arn:restore", startTime: now.toISOString() },
    });

    expect(plan).toMatchObject({ backupId, from: "offsite", newerCommitted: [newer] });
    expect(plan.fellBack).toContain(`The repository has lost ${backupId}: ArtifactMissing: `);
  });

  it("AP-2 takes from the copy what retention has let go of here and not there", async () => {
    const world = copyWorld();
    const backupId = await havePoint(world, daysAgo(1));
    await world.run();
    await pruneHere(world);
    const plan = (request: object) =>
      planRestore(world.ports)({
        input: RestoreRequested.parse({ source: "app-db", ...request }),
        execution: { id: "arn:restore", startTime: now.toISOString() },
      });

    const byName = await plan({ backupId });
    const byTime = await plan({ before: now.toISOString() });

    expect(byName.plan).toMatchObject({ backupId, from: "offsite" });
    expect(byName.plan.fellBack).toContain("it is deleted since");
    expect(byTime.plan).toMatchObject({ backupId, from: "offsite" });
  });

  it("R6 AP-20 is what what-now offers when nothing is left here, and it says where the point is read", async () => {
    const { world, backupId } = await lost();
    const asked = WhatNowByHand.parse({ what: "gone", source: "app-db" });

    const { verdict, figures, next } = await whatNow(world.ports)(asked);
    world.there.objects.clear();
    const nowhere = await whatNow(world.ports)(asked);

    expect(verdict).toContain("it is read from its copy in offsite, by itself");
    expect(figures).toMatchObject({ readFrom: "offsite", points: [{ backupId }] });
    expect(next).toContain("start-restore");
    expect(nowhere.verdict).toBe("app-db has NO verified point");
  });

  it("takes from no copy by itself what is quarantined here: its copy was made before anybody knew", async () => {
    const world = copyWorld();
    const backupId = await havePoint(world, daysAgo(1));
    await world.run();
    const bad = { schema: 1, backupId, source: "app-db", quarantinedAt: now.toISOString(), reasons: ["wrong rows"] };
    const key = layout.proof(backupId, "app-db", "quarantined", "x");
    await createSigned(world.ports, key, (hash) => layout.proofSignature(key, hash), JSON.stringify(bad));

    for (const request of [{}, { backupId }])
      await expect(
        planRestore(world.ports)({
          input: RestoreRequested.parse({ source: "app-db", ...request }),
          execution: { id: "arn:restore", startTime: now.toISOString() },
        }),
      ).rejects.toMatchObject({ name: "NoSuchPoint", message: expect.stringContaining("Nor can it be read") });
  });

  it("refuses a point of which something is missing there, and a copy that the plan has not", async () => {
    const { world, plan } = await lost();
    world.there.artifacts.clear();

    await expect(plan({ from: "offsite" })).rejects.toMatchObject({
      name: "NoSuchPoint",
      message: expect.stringMatching(/is not whole in offsite: ArtifactMissing: /),
    });
    await expect(plan({ from: "moon" })).rejects.toMatchObject({
      name: "InputInvalid",
      message: 'from: there is no copy "moon"; the plan has offsite',
    });
  });
});
