import { isSafety } from "./ids.ts";
import { isTrusted, type RecoveryPoint, type TrustedPoint } from "./recovery-point.ts";

/** How many days a point is held against: the newest that have one. */
export const DAYS_COMPARED = 14;
export const dayOf = ({ recoveredTo }: Pick<RecoveryPoint, "recoveredTo">) => recoveredTo.toISOString().slice(0, 10);

/**
 * T8: the points that say what is usual at an instant, oldest first: verified ones of the days before, the first of each, so
 * that many points of one day can't become what is usual. Nothing before the newest one that was suspicious and that a person
 * has released counts any more: what it is like is usual now. Points of one source, in any order.
 */
export function usualPoints(points: readonly RecoveryPoint[], at: Date): TrustedPoint[] {
  const today = dayOf({ recoveredTo: at });
  const earlier = points
    .filter(isTrusted)
    .filter(({ backupId, recoveredTo }) => !isSafety(backupId) && recoveredTo < at)
    .toSorted((a, b) => a.recoveredTo.getTime() - b.recoveredTo.getTime());
  const released = earlier.findLastIndex(isVouched);
  const firsts = new Map<string, TrustedPoint>();
  for (const point of earlier.slice(Math.max(released, 0))) {
    const day = dayOf(point);
    if (!firsts.has(day) && (day !== today || isVouched(point))) firsts.set(day, point);
  }
  return [...firsts.values()].slice(-DAYS_COMPARED);
}

export const isVouched = ({ released }: TrustedPoint) => released?.wasSuspicious === true;
