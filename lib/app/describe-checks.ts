import Table from "cli-table3";
import type { SourceCheck } from "#domain/source-check.ts";
import type { Answer } from "./start-backup.ts";

const WIDTH = 110;

/** The verdict, a table of all that was found, and what to do: `next` where nothing is wrong. */
export function describeChecks(
  checks: SourceCheck[],
  { name, can, next }: { name: string; can: string; next: string },
): Answer {
  const saying = (wanted: SourceCheck["verdict"]) =>
    checks.filter(({ verdict }) => verdict === wanted).map(({ about, says }) => `${about}: ${says}`);
  const problems = saying("problem");
  const figures = { table: tableOf(checks), problems, warnings: saying("warning") };
  if (problems.length === 0) return { verdict: `${name} can ${can}`, figures, next };
  return {
    verdict: `${name} can't ${can}: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
    figures,
    next: "Mend each as it says, then check again.",
  };
}

/** One line each, since what invokes a function prints JSON, and in JSON a line break reads as `\n`. */
function tableOf(checks: SourceCheck[]): string[] {
  const table = new Table({
    head: ["", "what", "found"],
    colWidths: [null, null, WIDTH],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { verdict, about, says } of checks) table.push([verdict, about, says]);
  return table.toString().split("\n");
}
