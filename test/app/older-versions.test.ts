import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readCatalog } from "#app/catalog.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { MANIFEST_SCHEMA, parseJson } from "#domain/manifest.ts";
import { Captured } from "#domain/outcome.ts";
import { parsePlan } from "#domain/parse-plan.ts";
import { TaskInput } from "#domain/task-input.ts";
import { engineSections } from "#engines/descriptions.ts";
import { aBackup, layout, memoryWorld } from "../support/memory-world.ts";

/**
 * What a version of holdfast wrote, kept as it was written: never made anew. A new schema of manifests gets a folder of its
 * own; what is added within a schema may not be wanted of these.
 */
const versions = readdirSync("test/fixtures").toSorted();
const Stored = z.record(z.string(), z.union([z.object({ text: z.string() }), z.object({ base64: z.string() })]));

it("O12 keeps what every schema of manifests has looked like", () => {
  expect(versions).toEqual(Array.from({ length: MANIFEST_SCHEMA }, (_, index) => `schema-${index + 1}`));
});

describe.each(versions)("O12 R4 of %s", (version) => {
  const stored = Stored.parse(JSON.parse(readFileSync(`test/fixtures/${version}/repository.json`, "utf8")));
  const written = new Map(
    Object.entries(stored).map(([key, one]) => [
      key,
      "text" in one ? new TextEncoder().encode(one.text) : Buffer.from(one.base64, "base64"),
    ]),
  );
  const worldOf = (isThere: (key: string) => boolean) => {
    const world = memoryWorld();
    for (const [key, bytes] of written) if (isThere(key)) world.objects.set(key, bytes);
    return world;
  };

  it("points are listed, with their proofs and facts", async () => {
    const { points, refused } = await readCatalog(worldOf(() => true).ports, {});

    expect(refused).toEqual([]);
    expect(points).toMatchObject([
      { source: "app-db", backupId: aBackup, proof: "verified", facts: { rows: { orders: 3 } } },
    ]);
  });

  it("an outcome that an older worker has left is committed, when this version was deployed into the middle of its run", async () => {
    const key = layout.outcome(aBackup, "app-db", 0);
    const world = worldOf((one) => one === key);
    const task = [...written].find(([one]) => one.endsWith("-nightly/app-db.task.json"))?.[1];
    world.objects.set(layout.taskInput(aBackup, "app-db"), task ?? new Uint8Array());
    for (const artifact of parseJson(written.get(key) ?? new Uint8Array(), Captured, "outcome").artifacts)
      world.artifacts.set(artifact.key, artifact);

    const result = await commitBackup(world.ports)({
      ...{ backupId: aBackup, sources: ["app-db"] },
      captures: [{ source: "app-db", task: { exitCodes: [0] } }],
    });

    expect(result).toEqual({ outcome: "COMPLETE", failedSources: "" });
  });

  it("tasks that an older version has planned are understood", () => {
    const tasks = [...written].filter(([key]) => key.endsWith(".task.json"));
    const verbs = tasks.map(([, bytes]) => parseJson(bytes, TaskInput, "task input").verb);

    expect(new Set(verbs)).toEqual(new Set(["capture", "verify"]));
  });

  it("a plan is read as it stands", () => {
    const plan = parsePlan(parse(readFileSync(`test/fixtures/${version}/plan.yml`, "utf8")), engineSections);

    expect(Object.keys(plan.sources).length).toBeGreaterThan(2);
  });
});
