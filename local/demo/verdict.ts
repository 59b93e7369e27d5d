import Table from "cli-table3";
import type { Told } from "./story.ts";

/** The last thing a person reads: restorable to when, in how many seconds per phase, verified and restored how. */
export function verdict({ backup, restores, brokenRun, before, afterDisaster, after }: Told): string {
  const points = new Table({
    head: ["source", "restorable to", "verified", "restored and compared here", "phases, seconds", "whole run"],
  });
  for (const { evidence, seconds } of restores) {
    const phases = Object.entries(evidence.phases).map(([name, took]) => `${name} ${took.toFixed(1)}`);
    points.push([
      evidence.source,
      backup.components[evidence.source]?.recoveredTo ?? "",
      "every byte read back",
      `${evidence.factsCompared} facts, all the same`,
      phases.join("\n"),
      `${seconds.toFixed(1)} s`,
    ]);
  }
  const fleet = new Table({ head: ["", "before", "after the disaster", "after the restore"] });
  for (const name of Object.keys(before) as (keyof typeof before)[])
    fleet.push([name, before[name], afterDisaster[name], after[name]]);
  return [
    fleet.toString(),
    points.toString(),
    `The run whose dump was cut off ended ${brokenRun.execution.status}; latest stayed ${brokenRun.latestAfter}.`,
  ].join("\n");
}
