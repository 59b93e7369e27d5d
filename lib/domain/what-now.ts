import { describeWait, type Frozen } from "./archive.ts";
import { durationMs } from "./duration.ts";
import type { Evidence } from "./evidence.ts";
import { isSafety } from "./ids.ts";
import type { Disaster } from "./people.ts";
import { describeMs } from "./progress.ts";
import { isTrusted, type RecoveryPoint, type TrustedPoint } from "./recovery-point.ts";

const SHOWN = 5;

/** A point that a restore would take, and what of the data is not in it. */
export type Choice = { backupId: string; recoveredTo: string; loses: string; bytes: number };
/** Instants are compared as they are: `before` is exclusive. */
export type Situation = {
  disaster: Disaster;
  points: RecoveryPoint[];
  before: Date | undefined;
  now: Date;
};

/**
 * The verified points that fit, newest first: from before the moment that it happened, where that is known. What is brought back
 * beside loses what came between the point and that moment; what is replaced loses everything since the point.
 */
export function choicesOf({ disaster, points, before, now }: Situation): { choices: Choice[]; best?: TrustedPoint } {
  const fits = points
    .filter(isTrusted)
    .filter(({ backupId, recoveredTo }) => !isSafety(backupId) && (before === undefined || recoveredTo < before))
    .toSorted((a, b) => b.recoveredTo.getTime() - a.recoveredTo.getTime());
  const until = disaster === "deleted" ? (before ?? now) : now;
  const choices = fits.slice(0, SHOWN).map(({ backupId, recoveredTo, component }) => ({
    ...{ backupId, recoveredTo: recoveredTo.toISOString(), bytes: component.size },
    loses: describeMs(until.getTime() - recoveredTo.getTime()),
  }));
  const [best] = fits;
  return best ? { choices, best } : { choices };
}

/**
 * How long a restore takes, by the newest one there was; into this very target where there was one. What it has to wait for until
 * its point is thawed comes first, by what AWS says.
 */
export function measuredTime(
  evidence: readonly Evidence[],
  target: string,
  rto: string | undefined,
  frozen?: Pick<Frozen, "classes" | "takesMs">,
): string {
  const waits = frozen?.takesMs ?? 0;
  const first =
    frozen && waits > 0 ? `${describeWait(waits)} until it is thawed from ${frozen.classes.join(" and ")}, then ` : "";
  const newest = evidence.toSorted((a, b) => b.finishedAt.localeCompare(a.finishedAt));
  const like = newest.find((one) => one.target === target) ?? newest[0];
  if (!like) return `${first}not measured: it was never restored`;
  const took = Date.parse(like.finishedAt) - Date.parse(like.startedAt) - (like.phases["thaw"] ?? 0) * 1000;
  const against = rto === undefined ? "" : took + waits > durationMs(rto) ? `, beyond the RTO of ${rto}` : ` of ${rto}`;
  return `${first}${describeMs(took)}${against}, as ${like.restoreId} into ${like.target}`;
}
