import { z } from "zod";
import { Severity } from "./announcement.ts";
import { AlarmCode, Name } from "./ids.ts";

/** One problem of one source. `source` is also a machine's name, or `repository`, where no source is meant. */
export type AlarmKey = { source: string; code: string };

/**
 * `alarms/<source>/<code>/<number>.json`: what became of an alarm, and how it stands since. Numbers begin with 1 and have no
 * gaps: only one writer can create a number, so the last one is the state.
 */
export const AlarmRecord = z.strictObject({
  schema: z.literal(1),
  source: Name,
  code: AlarmCode,
  number: z.int().positive(),
  at: z.iso.datetime(),
  /** What came: a record that carries it is not written twice. */
  by: z.string(),
  /** `also`: another problem of this code, or a graver one; `settled`: it has flapped, and is calm since. */
  what: z.enum(["opened", "also", "reminded", "acknowledged", "recovered", "settled"]),
  isOpen: z.boolean(),
  isTold: z.boolean(),
  severity: Severity,
  openedAt: z.iso.datetime(),
  toldAt: z.iso.datetime(),
  /** Everything that was told since it was opened. */
  problems: z.array(z.string()),
  /** How often it has come back within `calmAfterMs` of a recovery. */
  flaps: z.int().nonnegative(),
  /** Who has taken it; nothing proves who that was. A graver problem takes that away. */
  acknowledged: z.strictObject({ claimed: z.string(), call: z.string() }).optional(),
});
export type AlarmRecord = z.infer<typeof AlarmRecord>;
type Change = Omit<AlarmRecord, "schema" | "source" | "code" | "number" | "at" | "by">;

/** Milliseconds. An open alarm that is critical is told again when it comes up after so long; one that comes back sooner flaps. */
export type AlarmPolicy = { remindAfterMs: number; calmAfterMs: number };
export type Raised = { severity: Severity; problem: string };

const LOUDNESS = { info: 0, warning: 1, critical: 2 };

/** What a problem that has come up changes; undefined for a quiet repeat. */
export function raised(
  last: AlarmRecord | undefined,
  { severity, problem }: Raised,
  now: Date,
  policy: AlarmPolicy,
): Change | undefined {
  const at = now.toISOString();
  if (!last?.isOpen) {
    const flaps = last?.what === "recovered" && since(last.at, now) < policy.calmAfterMs ? last.flaps + 1 : 0;
    const isTold = flaps <= 1;
    const toldAt = isTold ? at : (last?.toldAt ?? at);
    return { what: "opened", isOpen: true, isTold, severity, openedAt: at, toldAt, problems: [problem], flaps };
  }
  const { openedAt, flaps } = last;
  const graver = LOUDNESS[severity] > LOUDNESS[last.severity];
  const taken = graver || !last.acknowledged ? {} : { acknowledged: last.acknowledged };
  const its = {
    isOpen: true,
    isTold: true,
    severity: graver ? severity : last.severity,
    openedAt,
    toldAt: at,
    flaps,
    ...taken,
  };
  if (!last.problems.includes(problem)) return { what: "also", ...its, problems: [...last.problems, problem] };
  if (graver) return { what: "also", ...its, problems: last.problems };
  if (severity !== "critical" || since(last.toldAt, now) < policy.remindAfterMs) return undefined;
  return { what: "reminded", ...its, problems: last.problems };
}

/** Somebody takes an alarm that is open. */
export function acknowledged(last: AlarmRecord | undefined, who: AlarmRecord["acknowledged"]): Change | undefined {
  if (!last?.isOpen || !who) return undefined;
  const { severity, openedAt, toldAt, problems, flaps } = last;
  const its = { isOpen: true, isTold: false, severity, openedAt, toldAt, problems, flaps };
  return { what: "acknowledged", ...its, acknowledged: who };
}

/** Whether a good sign is one for this alarm: an older backup that went well says nothing of a newer one that did not. */
export type IsOver = (last: AlarmRecord) => boolean;

/**
 * What a good sign changes: it ends what is open. The end of an alarm that flaps is told when it has been calm for long enough,
 * by the next good sign.
 */
export function recovered(
  last: AlarmRecord | undefined,
  isOver: IsOver,
  now: Date,
  policy: AlarmPolicy,
): Change | undefined {
  if (!last) return undefined;
  const { severity, openedAt, toldAt, problems, flaps } = last;
  const its = { isOpen: false, severity, openedAt, toldAt, problems, flaps };
  if (last.isOpen) return isOver(last) ? { what: "recovered", ...its, isTold: flaps === 0 } : undefined;
  return isUnsettled(last, now, policy) ? { what: "settled", ...its, isTold: true } : undefined;
}

/** It has recovered from flapping, nobody was told, and it has been calm for long enough. */
export const isUnsettled = (last: AlarmRecord, now: Date, { calmAfterMs }: AlarmPolicy) =>
  last.what === "recovered" && !last.isTold && since(last.at, now) >= calmAfterMs;

const since = (instant: string, now: Date) => now.getTime() - Date.parse(instant);
