import Table from "cli-table3";
import prettyBytes from "pretty-bytes";
import { limitsOf } from "#domain/anomaly-limits.ts";
import { InputInvalid } from "#domain/errors.ts";
import { densityOf, sumOf } from "#domain/measure.ts";
import { isTrusted } from "#domain/recovery-point.ts";
import { type TimelineEntry, timelineOf } from "#domain/timeline.ts";
import { readCatalog } from "./catalog.ts";
import type { GuardPorts } from "./find-suspicion.ts";
import type { Answer } from "./start-backup.ts";

/** A Lambda answers with 6 MB at most. */
const ROWS_AT_MOST = 1_000;

/** The facts of a source's points as a timeline, which names the first one that is unlike those before it. Writes nothing. */
export const describeSource =
  (ports: GuardPorts & { stage: string }) =>
  async ({ source, newest }: { source: string; newest: number }): Promise<Answer> => {
    const { points, refused } = await readCatalog(ports, { source, newest });
    const timeline = timelineOf(points, ports.tallies, limitsOf(ports.plan, source));
    if (timeline.length === 0)
      throw new InputInvalid(`source: none of the newest ${newest} backups holds a point of "${source}"`);
    const at = timeline.findIndex(({ wrong }) => wrong.length > 0);
    const [first, before] = [
      timeline[at],
      timeline.slice(0, Math.max(at, 0)).findLast(({ point }) => isTrusted(point)),
    ];
    const invoke = `npx sls invoke --stage ${ports.stage} -f`;
    return {
      verdict: first
        ? `The first suspicious point of ${source} is ${first.point.backupId}, of ${when(first)}: ${first.wrong.join("; ")}. The last good one before it is ${before ? `${before.point.backupId}, of ${when(before)}` : "not among these"}`
        : `None of ${timeline.length} points of ${source} is unlike those before it`,
      figures: { table: tableOf(timeline), limits: limitsOf(ports.plan, source), refused },
      next: first
        ? `To have what was before it: ${invoke} start-restore -d '${JSON.stringify({ source, before: first.point.recoveredTo.toISOString() })}'. All is well: ${invoke} release -d '${judgement(first)}'. It is bad: ${invoke} quarantine -d '${judgement(first)}'`
        : "Nothing.",
    };
  };

const when = ({ point }: TimelineEntry) => point.recoveredTo.toISOString();
const judgement = ({ point: { source, backupId } }: TimelineEntry) =>
  JSON.stringify({ source, backupId, why: "…", requestedBy: "…" });

/** One line each, for what prints JSON; the newest at the end. */
function tableOf(timeline: readonly TimelineEntry[]): string[] {
  const shown = timeline.slice(-ROWS_AT_MOST);
  const table = new Table({
    head: [
      "consistent at (UTC)",
      "backup",
      shown.at(-1)?.measure.noun ?? "",
      "plain",
      "stored",
      "%",
      "schema",
      "state",
    ],
    style: { head: [], border: [] },
    colAligns: ["left", "left", "right", "right", "right", "right", "left", "left"],
  });
  for (const { point, measure, wrong } of shown)
    table.push([
      point.recoveredTo.toISOString().slice(0, 19).replace("T", " "),
      point.backupId,
      Object.keys(measure.counts).length > 0 ? sumOf(measure).toLocaleString("en") : "not counted",
      prettyBytes(measure.plainBytes),
      prettyBytes(measure.storedBytes),
      Math.round(100 * densityOf(measure)),
      measure.schema ?? "none",
      [stateOf(point), ...wrong].join("\n"),
    ]);
  return table.toString().split("\n");
}

const stateOf = (point: TimelineEntry["point"]) =>
  isTrusted(point) && point.released
    ? `verified, released by ${point.released.by}: ${point.released.why}`
    : point.proof;
