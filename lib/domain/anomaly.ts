import prettyBytes from "pretty-bytes";
import type { AnomalyLimits } from "./anomaly-limits.ts";
import { densityOf, type Measure, sumOf } from "./measure.ts";

/** `isVouched`: a person has released the oldest of them, so that it needs no others beside it. */
export type Baseline = { measures: readonly Measure[]; isVouched: boolean };

/** A history of fewer days says nothing: what is new changes a lot. */
const DAYS_THAT_SAY_SOMETHING = 3;
/** Headers and keys are most of what is smaller: neither its share nor its growth says anything. */
const LARGE_ENOUGH_BYTES = 64 * 1024;
/** Where nearly everything compresses away, half as much again is nothing. */
const DENSER_BY_AT_LEAST = 0.1;
/** A table of fewer rows comes and goes. */
const MANY_ENOUGH = 100;
const NAMED_AT_MOST = 5;

/** Why a point is unlike those of the days before it, a sentence each; nothing where it is as usual or the history is too young. */
export function findAnomalies(point: Measure, { measures, isVouched }: Baseline, limits: AnomalyLimits): string[] {
  if (measures.length < (isVouched ? 1 : DAYS_THAT_SAY_SOMETHING)) return [];
  return [
    ...bytesOf(point, measures, limits),
    ...countsOf(point, measures, limits),
    ...compressionOf(point, measures, limits),
    ...(limits.schema === "is-fixed" ? schemaOf(point, measures) : []),
  ];
}

/** Of one day too much is no longer usual when the median does not move with it. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
const least = ({ shrink }: AnomalyLimits, usual: number) => usual * (1 - shrink / 100);

function bytesOf(point: Measure, measures: readonly Measure[], limits: AnomalyLimits): string[] {
  const usual = median(measures.map(({ storedBytes }) => storedBytes));
  const { storedBytes } = point;
  if (storedBytes < least(limits, usual))
    return [`it has only ${prettyBytes(storedBytes)} where ${prettyBytes(usual)} are usual`];
  if (storedBytes > usual * (1 + limits.grow / 100) && storedBytes > LARGE_ENOUGH_BYTES)
    return [`it has ${prettyBytes(storedBytes)} where only ${prettyBytes(usual)} are usual`];
  return [];
}

/** Together against what is usual; each by itself against the fewest that it ever had, since some come and go. */
function countsOf(point: Measure, measures: readonly Measure[], limits: AnomalyLimits): string[] {
  const counted = measures.filter(({ counts }) => Object.keys(counts).length > 0);
  const usual = median(counted.map(sumOf));
  const sum = sumOf(point);
  const fewer = Object.keys(counted.at(-1)?.counts ?? {}).flatMap((name) => {
    const fewest = Math.min(...counted.map(({ counts }) => counts[name] ?? 0));
    const now = point.counts[name] ?? 0;
    return fewest >= MANY_ENOUGH && now < least(limits, fewest)
      ? [`${name} has ${now} ${point.noun} and never had fewer than ${fewest}`]
      : [];
  });
  return [
    ...(sum < least(limits, usual) ? [`it has only ${sum} ${point.noun} where ${usual} are usual`] : []),
    ...fewer.slice(0, NAMED_AT_MOST),
    ...(fewer.length > NAMED_AT_MOST ? [`and ${fewer.length - NAMED_AT_MOST} more have lost as much`] : []),
  ];
}

function compressionOf(point: Measure, measures: readonly Measure[], { density }: AnomalyLimits): string[] {
  return Object.entries(point.parts).flatMap(([name, size]) => {
    const before = measures.flatMap(({ parts }) => parts[name] ?? []).map(densityOf);
    const usual = median(before);
    const now = densityOf(size);
    const isDenser = now > usual * (1 + density / 100) && now > usual + DENSER_BY_AT_LEAST;
    if (before.length === 0 || size.plainBytes < LARGE_ENOUGH_BYTES || !isDenser) return [];
    return [
      `${name} hardly compresses any more, as encrypted data does: ${percent(now)} of it are stored where ${percent(usual)} are usual`,
    ];
  });
}
const percent = (share: number) => `${Math.round(share * 100)} %`;

function schemaOf({ schema }: Measure, measures: readonly Measure[]): string[] {
  const before = measures.at(-1)?.schema;
  return schema === before ? [] : [`its schema is ${schema ?? "none"} and was ${before ?? "none"} before`];
}
