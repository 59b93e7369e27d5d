import { readFile, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "../../local/stage-layout.ts";
import { MEMORY_MEBIBYTES } from "./containers.ts";
import { type Contestant, type ContestantId, contestantIds } from "./contestants.ts";
import type { Run } from "./race.ts";
import { rssAt } from "./watch.ts";

const document = join(repositoryRoot, "docs/performance.md");
const [FIRST, LAST] = ["<!-- npm run bench writes from here -->", "<!-- to here -->"];
const SHARES = [0.25, 0.5, 0.75, 1];
const MAX_NODE_BYTES = 250e6;

export type Measured = {
  runs: readonly Run[];
  contestants: Record<ContestantId, Contestant>;
  plainBytes: number;
  zstdBytes: number;
  command: string;
  at: Date;
};

/** What was measured, in Markdown. */
export function report({ runs, contestants, plainBytes, zstdBytes, command, at }: Measured): string {
  const rowsOf = (id: ContestantId) => runs.filter((run) => run.id === id);
  const seconds = (id: ContestantId) => median(rowsOf(id).map((run) => run.seconds));
  const loads = runs.map(({ watched }) => watched.loadBefore);
  const others = runs.map((run) => run.watched.otherCpuSeconds / run.seconds);
  return [
    `${at.toISOString().slice(0, 16).replace("T", " ")} UTC, \`${command}\`, ${cpus().length} × ${cpus()[0]?.model.trim()}, Linux ${release()}. Each contestant is a container with ${MEMORY_MEBIBYTES} MiB and all processors, which it shares with PostgreSQL 17 and versitygw 1.8.0. ${rowsOf("c").length} runs of each, interleaved. Load average before a run: ${fixed(Math.min(...loads))}–${fixed(Math.max(...loads))}; everything else on the machine, the kernel included, took ${fixed(median(others), 2)} processors in the median (${fixed(Math.min(...others), 2)}–${fixed(Math.max(...others), 2)}).`,
    `The dump (\`pg_dump -Fc -Z0\`) has ${megabytes(plainBytes)} MB; \`zstd -3\` makes it ${fixed(plainBytes / zstdBytes, 2)} times smaller.`,
    table(
      ["", "", "seconds, median (min–max)", "MB/s of plain dump", "stored MB", "CPU seconds, all programs"],
      contestantIds.map((id) => [
        `(${id})`,
        code(contestants[id].title),
        spread(rowsOf(id).map((run) => run.seconds)),
        megabytes(plainBytes / seconds(id)),
        megabytes(rowsOf(id)[0]?.storedBytes),
        fixed(median(rowsOf(id).map(({ watched }) => sum(Object.values(watched.cpuSeconds))))),
      ]),
    ),
    table(
      ["ratio", "measured", "aim"],
      [
        ["(c)/(b)", fixed(seconds("c") / seconds("b"), 2), "≤ 1"],
        ["(c)/(a)", `${fixed(seconds("c") / seconds("a"), 2)} = 1/${fixed(seconds("a") / seconds("c"))}`, "near 1/6"],
      ],
    ),
    "CPU seconds by program, medians:",
    cpuTable(rowsOf),
    `Memory of the worker's own Node process (aim: ≤ ${megabytes(MAX_NODE_BYTES)} MB, flat), in MB, by how much of the stream pg_dump had written:`,
    table(
      ["run", ...SHARES.map((share) => `RSS at ${share * 100} %`), "peak (VmHWM)"],
      rowsOf("c").map(({ round, watched }) => [
        String(round + 1),
        ...rssAt(SHARES, watched.node?.moments ?? []).map(megabytes),
        megabytes(watched.node?.peakBytes),
      ]),
    ),
  ].join("\n\n");
}

/** Puts it into docs/performance.md, between the markers. */
export async function writeReport(text: string): Promise<void> {
  const before = await readFile(document, "utf8");
  const [from, to] = [before.indexOf(FIRST) + FIRST.length, before.indexOf(LAST)];
  if (from < FIRST.length || to < from) throw new Error(`${document} lacks the lines "${FIRST}" and "${LAST}"`);
  await writeFile(document, `${before.slice(0, from)}\n${text}\n${before.slice(to)}`);
}

function cpuTable(rowsOf: (id: ContestantId) => readonly Run[]): string {
  const least = 0.2;
  const ofProgram = (id: ContestantId, program: string) =>
    median(rowsOf(id).map(({ watched }) => watched.cpuSeconds[program] ?? 0));
  const programs = [
    ...new Set(contestantIds.flatMap(rowsOf).flatMap(({ watched }) => Object.keys(watched.cpuSeconds))),
  ];
  return table(
    ["program", ...contestantIds.map((id) => `(${id})`)],
    programs
      .filter((program) => contestantIds.some((id) => ofProgram(id, program) >= least))
      .map((program) => [
        code(program),
        ...contestantIds.map((id) => (ofProgram(id, program) < least ? "" : fixed(ofProgram(id, program)))),
      ]),
  );
}

const spread = (values: readonly number[]) =>
  `${fixed(median(values))} (${fixed(Math.min(...values))}–${fixed(Math.max(...values))})`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const fixed = (value: number, digits = 1) => value.toFixed(digits);
const megabytes = (bytes: number | undefined) =>
  bytes === undefined ? "" : Math.round(bytes / 1e6).toLocaleString("en");
