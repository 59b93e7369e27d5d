import { cpus, release } from "node:os";
import { MEMORY_MEBIBYTES } from "./containers.ts";
import type { Run } from "./race.ts";

/** The machine, the day and how quiet it was: what every table of measurements begins with. */
export function circumstances(runs: readonly Run<string>[], rounds: number, command: string, at: Date): string {
  const loads = runs.map(({ watched }) => watched.loadBefore);
  const others = runs.map((run) => run.watched.otherCpuSeconds / run.seconds);
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC, \`${command}\`, ${cpus().length} × ${cpus()[0]?.model.trim()}, Linux ${release()}. Each contestant is a container with ${MEMORY_MEBIBYTES} MiB and all processors, which it shares with PostgreSQL 17 and versitygw 1.8.0. ${rounds} runs of each, interleaved. Load average before a run: ${fixed(Math.min(...loads))}–${fixed(Math.max(...loads))}; everything else on the machine, the kernel included, took ${fixed(median(others), 2)} processors in the median (${fixed(Math.min(...others), 2)}–${fixed(Math.max(...others), 2)}).`;
}

/** CPU seconds by program, medians; what took less than 0.2 s is left out. */
export function cpuTable<Id extends string>(ids: readonly Id[], runs: readonly Run<Id>[]): string {
  const least = 0.2;
  const ofProgram = (id: Id, program: string) =>
    median(runs.filter((run) => run.id === id).map(({ watched }) => watched.cpuSeconds[program] ?? 0));
  const programs = [...new Set(runs.flatMap(({ watched }) => Object.keys(watched.cpuSeconds)))];
  return table(
    ["program", ...ids.map((id) => `(${id})`)],
    programs
      .filter((program) => ids.some((id) => ofProgram(id, program) >= least))
      .map((program) => [
        code(program),
        ...ids.map((id) => (ofProgram(id, program) < least ? "" : fixed(ofProgram(id, program)))),
      ]),
  );
}

export const secondsOf = <Id extends string>(runs: readonly Run<Id>[], id: Id) =>
  runs.filter((run) => run.id === id).map(({ seconds }) => seconds);
export const cpuOf = <Id extends string>(runs: readonly Run<Id>[], id: Id) =>
  median(runs.filter((run) => run.id === id).map(({ watched }) => sum(Object.values(watched.cpuSeconds))));

export const spread = (values: readonly number[]) =>
  `${fixed(median(values))} (${fixed(Math.min(...values))}–${fixed(Math.max(...values))})`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

export const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;
export const fixed = (value: number, digits = 1) => value.toFixed(digits);
export const megabytes = (bytes: number | undefined) =>
  bytes === undefined ? "" : Math.round(bytes / 1e6).toLocaleString("en");
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
