import { beforeEach, expect, it, vi } from "vitest";
import { commitBackup } from "#app/commit-backup.ts";
import { planVerify } from "#app/plan-verify.ts";
import { recordProofs } from "#app/record-proofs.ts";
import { restoreSource } from "#app/restore-source.ts";
import { claimCancel } from "#app/swap-or-cancel.ts";
import { RestoreCancelled } from "#domain/errors.ts";
import { RestoreId } from "#domain/ids.ts";
import type { Engine, RestoreTools } from "#ports/engine.ts";
import { aBackup, capture, layout, memoryWorld } from "../support/memory-world.ts";

const restoreId = RestoreId.parse("2026-02-23-134207-k3x9");
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const input = {
  ...{ verb: "restore" as const, runId: restoreId, task: "app-db", source: "app-db", engine: "any", backupId: aBackup },
  ...{ restoreId, target: "staging-db", section: {}, options: {}, fingerprint: "server 1" },
};
let world: ReturnType<typeof memoryWorld>;

beforeEach(async () => {
  world = memoryWorld();
  const captures = [capture(world, "app-db")];
  await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures });
  const planned = await planVerify(world.ports)({ input: { backupId: aBackup }, execution: { name: aBackup } });
  const verified = {
    succeeded: true,
    attempt: 0,
    finishedAt: "2026-02-23T02:45:00.000Z",
    task: "app-db",
    quarantine: [],
    bytesRead: 15,
  };
  world.objects.set(layout.outcome(planned.runId, "app-db", 0), encode(verified));
  const ends = [{ source: "app-db", task: { exitCodes: [0] } }];
  await recordProofs(world.ports)({ ...planned, sources: ["app-db"], verified: ends });
  world.objects.set(layout.wrappedKey(`${aBackup}.app-db.0`, 1), encode({ wrapped: "", kmsKey: "", context: {} }));
});

/** An engine that does what an engine does with its phases, and `before` its swap whatever a test wants. */
function restoring(before: (tools: RestoreTools) => Promise<void> = async () => {}) {
  const did: string[] = [];
  const engine = {
    section: { target: { parse: (section: unknown) => section } },
    restore: async (tools: RestoreTools) => {
      await tools.phase("load", async () => void did.push("load"));
      await tools.phase("compare", async () => tools.compare({ rows: 3 }, { rows: 3 }));
      await before(tools);
      await tools.phase("swap", async () => void did.push("swap"));
      await tools.phase("compare", async () => void did.push("compare again"));
      await tools.phase("swap", async () => void did.push("set right"));
      return { putThere: [], kept: [], notes: [] };
    },
  } as unknown as Engine;
  const unused = {} as never;
  const keys = { generate: unused, unwrap: async () => "passphrase" };
  const ports = { ...world.ports, engines: { any: engine }, keys, sealing: unused };
  const tools = {
    commands: unused,
    secrets: unused,
    log: world.ports.log,
    signal: new AbortController().signal,
    workDir: "/nowhere",
  };
  return { did, run: () => restoreSource(ports)(input, 0, tools) };
}
const notes = () =>
  [...world.objects].flatMap(([key, body]) =>
    key.endsWith(".progress.json")
      ? [JSON.parse(new TextDecoder().decode(body)) as { phase: string; percent: number | null }]
      : [],
  );

it("writes down each phase as it begins, with the bytes that the point has", async () => {
  const { run } = restoring();

  await run();

  expect(notes()).toMatchObject([
    { phase: "load", bytes: 0, totalBytes: "bytes of app-db".length, percent: 0, loadedAt: null },
    { phase: "compare", percent: null },
    { phase: "swap", percent: null },
    { phase: "compare" },
    { phase: "swap" },
  ]);
  expect([...world.objects.keys()]).toContain(`test/runs/${restoreId}/app-db.0.0001.progress.json`);
});

it("X9 begins nothing that was cancelled before", async () => {
  const { did, run } = restoring();
  await claimCancel(world.ports, restoreId);

  await expect(run()).rejects.toThrow(RestoreCancelled);

  expect(did).toEqual([]);
});

it("X9 swaps nothing that was cancelled while it was loading", async () => {
  const { did, run } = restoring(async () => void (await claimCancel(world.ports, restoreId)));

  await expect(run()).rejects.toThrow(`${restoreId} was cancelled before its swap. The target is as it was`);

  expect(did).toEqual(["load"]);
});

it("X9 can't be cancelled any more once the swap has begun, and ends it even when the repository is gone by then", async () => {
  let claimed: boolean | undefined;
  const { did, run } = restoring(async (tools) => {
    await tools.phase("swap", async () => {
      claimed = await claimCancel(world.ports, restoreId);
    });
    vi.spyOn(world.ports.repository, "create").mockRejectedValue(new Error("S3 is down"));
  });

  await run();

  expect(claimed).toBe(false);
  expect(did).toEqual(["load", "swap", "compare again", "set right"]);
  expect(world.lines).toContain("progress could not be written down");
});
