import { afterAll, beforeAll, expect, it } from "vitest";
import { withTaskFault, wrapTool } from "#local/demo/faults.ts";
import { watchStage } from "./support/invariants.ts";
import { openWorld, type SourceName, type World } from "./support/world.ts";

let world: World;
let plainBytes: Record<SourceName, number>;

beforeAll(async () => {
  world = await openWorld();
  await world.haveLatest();
  plainBytes = {
    "app-db": await largestPlain("app-db"),
    sessions: await largestPlain("sessions"),
    uploads: await largestPlain("uploads"),
  };
});
afterAll(() => world.client.clearMessages());

async function largestPlain(source: SourceName): Promise<number> {
  const { components } = await world.manifest((await world.client.latest(source)) as never);
  return Math.max(...(components[source]?.artifacts.map((artifact) => artifact.plainBytes) ?? []));
}

const nothing = { what: "nothing", cut: () => "0" };
const header = { what: "a header", cut: () => "9" };
const half = { what: "half", cut: (source: SourceName) => String(Math.floor(plainBytes[source] / 2)) };
const allButOne = { what: "all but the last byte", cut: () => "-1" };
const tools = {
  "app-db": { tool: "pg_dump", isDump: '*" --format=custom "*' },
  sessions: { tool: "redis-cli", isDump: '*" --rdb "*' },
  uploads: { tool: "tar", isDump: '*" --create "*' },
} as const;

it.each([
  { source: "app-db", exit: 0, ...nothing },
  { source: "app-db", exit: 0, ...header },
  { source: "app-db", exit: 0, ...half },
  { source: "app-db", exit: 0, ...allButOne },
  { source: "sessions", exit: 0, ...nothing },
  { source: "sessions", exit: 0, ...header },
  { source: "sessions", exit: 0, ...half },
  { source: "sessions", exit: 0, ...allButOne },
  { source: "uploads", exit: 0, ...nothing },
  { source: "uploads", exit: 0, ...header },
  { source: "uploads", exit: 0, ...half },
  { source: "uploads", exit: 0, ...allButOne },
] as const)(
  "S5 makes no point of $source when its tool hands over $what and exits 0",
  async ({ source, cut, exit }) => {
    const { run, watch } = await backUpWithCutTool(source, cut(source), exit);

    expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
    expect(run.execution.cause).toContain(`${source}: FormatIncomplete`);
    expect(await world.hasManifest(run.backupId)).toBe(false);
    expect(await artifactsOf(run.backupId, tools[source].tool)).toEqual([]);
    await watch.expectInvariants({ failed: [run.execution], notGood: [{ source, backupId: run.backupId }] });
  },
);

it.each([
  { source: "app-db", exit: 1, ...half },
  { source: "sessions", exit: 1, ...half },
  { source: "uploads", exit: 1, ...half },
] as const)("S6 makes no point of $source when its tool exits $exit after $what", async ({ source, cut, exit }) => {
  const { run, watch } = await backUpWithCutTool(source, cut(source), exit);

  expect(run.execution.status).toBe("FAILED");
  expect(run.execution.cause).toMatch(/CommandFailed|FormatIncomplete/);
  expect(await world.hasManifest(run.backupId)).toBe(false);
  expect(await artifactsOf(run.backupId, tools[source].tool)).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source, backupId: run.backupId }] });
});

it("S6 makes no point when the tool exits 1 after a dump that is whole", async () => {
  const { run, watch } = await backUpWithCutTool("sessions", "1000000000", 1);

  expect(run.execution.cause).toContain("sessions: CommandFailed: redis-cli exited with 1");
  expect(await artifactsOf(run.backupId, "redis-cli")).toEqual([]);
  await watch.expectInvariants({
    failed: [run.execution],
    notGood: [{ source: "sessions", backupId: run.backupId }],
  });
});

async function backUpWithCutTool(source: SourceName, cut: string, exit: number) {
  const { tool, isDump } = tools[source];
  const fault = await wrapTool(
    tool,
    `#!/bin/bash
case " $* " in ${isDump}) /usr/bin/${tool} "$@" | head -c ${cut}; exit ${exit};; esac
exec /usr/bin/${tool} "$@"
`,
  );
  const watch = await watchStage(world);
  const run = await withTaskFault(world.stage, fault, () => world.backup([source]));
  return { run, watch };
}

/** Objects of the stream that was cut; what came whole before it may be there, and belongs to no manifest. */
async function artifactsOf(backupId: string, tool: string): Promise<string[]> {
  const kind = { pg_dump: ".dump.zst.gpg", "redis-cli": ".rdb.zst.gpg", tar: ".tar.zst.gpg" }[tool] ?? "";
  const found: string[] = [];
  for await (const key of world.client.repository.list(`${world.stage.stage}/${backupId}/`))
    if (key.endsWith(kind)) found.push(key);
  return found;
}
