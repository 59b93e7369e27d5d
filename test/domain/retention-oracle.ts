import type { Rules, Standing } from "#domain/retention.ts";

const DAY = 86_400_000;

/**
 * Which points no rule keeps, said again in another way: point by point, by counting, without sorting or grouping. Slow, and
 * written from docs/reference/plan.md, not from the code.
 */
export function unwanted(points: readonly Standing[], { policy, holds, inUse }: Rules, now: Date): Standing[] {
  const isOrdinaryVerified = (p: Standing) => p.proof === "verified" && !p.backupId.includes("-safety-");
  const isBefore = (a: Standing, b: Standing) =>
    +a.recoveredTo !== +b.recoveredTo ? +a.recoveredTo < +b.recoveredTo : a.backupId < b.backupId;
  const verified = points.filter(isOrdinaryVerified);
  const number = {
    hourly: (at: Date) => Math.floor(+at / 3_600_000),
    daily: (at: Date) => Math.floor(+at / DAY),
    weekly: (at: Date) => Math.floor((Math.floor(+at / DAY) + 3) / 7), // the first of 1970 was a Thursday
    monthly: (at: Date) => at.getUTCFullYear() * 12 + at.getUTCMonth(),
    yearly: (at: Date) => at.getUTCFullYear(),
  };
  const isKept = (point: Standing) => {
    if (+now < +point.recoveredTo + policy.days * DAY) return true;
    if (inUse.has(point.backupId)) return true;
    for (const { scope, until } of holds) {
      const isOver = until !== null && Date.parse(until) <= +now;
      const fits = [
        scope.source === undefined || scope.source === point.source,
        scope.backupId === undefined || scope.backupId === point.backupId,
        scope.from === undefined || Date.parse(scope.from) <= +point.recoveredTo,
        scope.to === undefined || Date.parse(scope.to) >= +point.recoveredTo,
      ];
      if (!isOver && !fits.includes(false)) return true;
    }
    if (point.proof === "committed" && !point.backupId.includes("-safety-"))
      return !verified.some((other) => isBefore(point, other));
    if (!isOrdinaryVerified(point)) return false;
    if (verified.filter((other) => isBefore(point, other)).length < policy.count) return true;
    return (["hourly", "daily", "weekly", "monthly", "yearly"] as const).some((rule) => {
      const its = number[rule](point.recoveredTo);
      const isFirst = !verified.some((other) => number[rule](other.recoveredTo) === its && isBefore(other, point));
      const later = new Set(verified.map((other) => number[rule](other.recoveredTo)).filter((one) => one > its));
      return isFirst && later.size < (policy[rule] ?? 0);
    });
  };
  return points.filter((point) => !isKept(point));
}
