import colors from "picocolors";
import type { Told } from "./story.ts";
import { table } from "./tables.ts";

/** The last thing a person reads: restorable to when, in how many seconds per phase, verified and restored how. */
export function verdict({ backup, restores, brokenRun, before, afterDisaster, after, rollback }: Told): string {
  const fleet = table(["asked of the systems themselves", "before", "after the disaster", "after the restore"]);
  for (const name of Object.keys(before) as (keyof typeof before)[])
    fleet.push([name, before[name], afterDisaster[name], after[name]]);
  const points = table(["source", "phase", "seconds"]);
  for (const { evidence, seconds } of restores) {
    for (const [name, took] of Object.entries(evidence.phases)) points.push([evidence.source, name, took.toFixed(1)]);
    points.push([evidence.source, "the whole run, safety point included", seconds.toFixed(1)]);
  }
  const sentences = restores.map(({ evidence, seconds }) => {
    const to = colors.bold(backup.components[evidence.source]?.recoveredTo ?? "");
    return `${colors.green("✓")} ${evidence.source} is restorable to ${to}. ${colors.bold("Verified")}: every byte was read back. ${colors.bold("Restored here")} in ${seconds.toFixed(0)} s, ${evidence.factsCompared} facts compared, all the same.`;
  });
  const kept = restores.flatMap(({ evidence }) => evidence.kept.map(({ what, drop }) => `  ${what}: ${drop}`));
  return [
    fleet.toString(),
    "",
    points.toString(),
    "",
    ...sentences,
    `${colors.green("✓")} The run whose dump was cut off ended ${brokenRun.execution.status}; latest stayed ${brokenRun.latestAfter}.`,
    `${colors.green("✓")} ${rollback.verdict}, in ${rollback.seconds.toFixed(0)} s: a table that was ${rollback.found.restored} after the restore is back.`,
    ...(kept.length > 0 ? ["", "The old state was kept; when nobody needs it any more:", ...kept] : []),
  ].join("\n");
}
