import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "../../local/stage-layout.ts";
import type { CaptureId, Contestant } from "./contestants.ts";
import type { Run } from "./race.ts";
import type { RestoreId } from "./restore-contestants.ts";
import { circumstances, code, cpuOf, cpuTable, fixed, median, megabytes, secondsOf, spread, table } from "./tables.ts";
import { rssAt } from "./watch.ts";

const document = join(repositoryRoot, "docs/performance.md");
const SHARES = [0.25, 0.5, 0.75, 1];
const MAX_NODE_BYTES = 250e6;

export type Measured<Id extends string> = {
  runs: readonly Run<Id>[];
  contestants: Record<Id, Contestant>;
  plainBytes: number;
  zstdBytes: number;
  rounds: number;
  command: string;
  at: Date;
};

/** Captures, in Markdown. */
export function captureReport({ runs, contestants, plainBytes, zstdBytes, rounds, command, at }: Measured<CaptureId>) {
  const ids = Object.keys(contestants) as CaptureId[];
  const seconds = (id: CaptureId) => median(secondsOf(runs, id));
  const rowsOf = (id: CaptureId) => runs.filter((run) => run.id === id);
  const ratio = (one: CaptureId, other: CaptureId) => fixed(seconds(one) / seconds(other), 2);
  return [
    circumstances(runs, rounds, command, at),
    `The dump (\`pg_dump -Fc -Z0\`) has ${megabytes(plainBytes)} MB; \`zstd -3\` makes it ${fixed(plainBytes / zstdBytes, 2)} times smaller.`,
    table(
      ["", "", "seconds, median (min–max)", "MB/s of plain dump", "stored MB", "CPU seconds, all programs"],
      ids.map((id) => [
        `(${id})`,
        code(contestants[id].title),
        spread(secondsOf(runs, id)),
        megabytes(plainBytes / seconds(id)),
        megabytes(rowsOf(id)[0]?.storedBytes),
        fixed(cpuOf(runs, id)),
      ]),
    ),
    table(
      ["ratio", "measured", "aim"],
      [
        ["(c)/(b)", ratio("c", "b"), "≤ 1"],
        ["(c)/(a)", `${ratio("c", "a")} = 1/${fixed(seconds("a") / seconds("c"))}`, "near 1/6"],
        ["(p)/(c)", ratio("p", "c"), "< 1 with processors to spare"],
      ],
    ),
    "CPU seconds by program, medians:",
    cpuTable(ids, runs),
    `Memory of the worker's own Node process (aim: ≤ ${megabytes(MAX_NODE_BYTES)} MB, flat), in MB, by how much of the stream pg_dump had written:`,
    table(
      ["run of (c)", ...SHARES.map((share) => `RSS at ${share * 100} %`), "peak (VmHWM)"],
      rowsOf("c").map(({ round, watched }) => [
        String(round + 1),
        ...rssAt(SHARES, watched.node?.moments ?? []).map(megabytes),
        megabytes(watched.node?.peakBytes),
      ]),
    ),
  ].join("\n\n");
}

/** Restores, in Markdown. */
export function restoreReport({ runs, contestants, plainBytes, rounds, command, at }: Measured<RestoreId>): string {
  const ids = Object.keys(contestants) as RestoreId[];
  const seconds = (id: RestoreId) => median(secondsOf(runs, id));
  const peakOf = (id: RestoreId) =>
    Math.max(...runs.filter((run) => run.id === id).map(({ watched }) => watched.node?.peakBytes ?? 0));
  const ratio = (one: RestoreId, other: RestoreId) => fixed(seconds(one) / seconds(other), 2);
  return [
    circumstances(runs, rounds, command, at),
    table(
      ["", "", "seconds, median (min–max)", "MB/s of plain dump", "Node at most, MB", "CPU seconds, all programs"],
      ids.map((id) => [
        `(${id})`,
        code(contestants[id].title),
        spread(secondsOf(runs, id)),
        megabytes(plainBytes / seconds(id)),
        peakOf(id) === 0 ? "" : megabytes(peakOf(id)),
        fixed(cpuOf(runs, id)),
      ]),
    ),
    table(
      ["ratio", "measured", "aim"],
      [
        ["(f)/(d)", ratio("f", "d"), "≤ 0.65"],
        ["(g)/(d)", ratio("g", "d"), "≤ 0.65"],
        ["(f)/(e)", ratio("f", "e"), "≤ 1"],
        ["(g)/(e)", ratio("g", "e"), "≤ 1"],
      ],
    ),
    "CPU seconds by program, medians:",
    cpuTable(ids, runs),
  ].join("\n\n");
}

/** Puts it into docs/performance.md, between the markers of this command. */
export async function writeReport(command: string, text: string): Promise<void> {
  const [first, last] = [`<!-- ${command} writes from here -->`, "<!-- to here -->"];
  const before = await readFile(document, "utf8");
  const from = before.indexOf(first) + first.length;
  const to = before.indexOf(last, from);
  if (from < first.length || to < from) throw new Error(`${document} lacks the lines "${first}" and "${last}"`);
  await writeFile(document, `${before.slice(0, from)}\n${text}\n${before.slice(to)}`);
}
