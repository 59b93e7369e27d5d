import { findAnomalies } from "./anomaly.ts";
import type { AnomalyLimits } from "./anomaly-limits.ts";
import { isVouched, usualPoints } from "./history.ts";
import { isSafety } from "./ids.ts";
import { type Measure, measureOf, type Tallies } from "./measure.ts";
import { isTrusted, type RecoveryPoint } from "./recovery-point.ts";

/** `wrong`: why it is held back, or why it would be if it came today; empty for what is as usual, or was released. */
export type TimelineEntry = { point: RecoveryPoint; measure: Measure; wrong: string[] };

/** The points of one source, oldest first, each held against those before it. Safety points, which may hold anything, are left out. */
export function timelineOf(points: readonly RecoveryPoint[], tallies: Tallies, limits: AnomalyLimits): TimelineEntry[] {
  const measured = (point: RecoveryPoint) =>
    measureOf(point.component, "facts" in point ? point.facts : (point.component.facts ?? {}), tallies);
  const measures = new Map(points.map((point) => [point, measured(point)]));
  const measureFor = (point: RecoveryPoint) => measures.get(point) ?? measured(point);
  return points
    .filter(({ backupId }) => !isSafety(backupId))
    .toSorted((a, b) => a.recoveredTo.getTime() - b.recoveredTo.getTime())
    .map((point) => {
      const measure = measureFor(point);
      if ("reasons" in point) return { point, measure, wrong: point.reasons };
      if (isTrusted(point) && point.released) return { point, measure, wrong: [] };
      const usual = usualPoints(points, point.recoveredTo);
      const baseline = { measures: usual.map(measureFor), isVouched: usual.some(isVouched) };
      return { point, measure, wrong: findAnomalies(measure, baseline, limits) };
    });
}
