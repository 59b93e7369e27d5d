import { z } from "zod";
import { Sha256 } from "./artifact.ts";

/** Who did what to which point, why, and what came of it. */
export const Deed = z.strictObject({
  /** `claimed`: the request's own word, which nothing proves; `call`: the invocation or the execution. */
  who: z.strictObject({ claimed: z.string().nullable(), call: z.string() }),
  what: z.enum([
    "hold",
    "release hold",
    "expire",
    "keep again",
    "prune",
    "prune orphans",
    "release",
    "quarantine",
    "rotate",
    "ask for approval",
    "approve",
    "refuse",
    "break glass",
    "restore despite incident",
  ]),
  /** What it was done to: `2026-02-23-020000-nightly app-db`, the id of a hold … */
  to: z.string(),
  because: z.string(),
  outcome: z.string(),
});
export type Deed = z.infer<typeof Deed>;

/**
 * `audit/YYYY/MM/DD/<number>.json`, signed. Numbers of a day begin with 1 and have no gaps; `previous` is the SHA-256 of the
 * entry before. Only one writer can create a number. A day is closed by an entry that names the next one, before that begins:
 * so the log has one end at every moment, and one writer can't go on with a day that another has left.
 */
export const AuditEntry = z.strictObject({
  schema: z.literal(1),
  day: z.iso.date(),
  number: z.int().positive(),
  /** Null for the very first entry. */
  previous: Sha256.nullable(),
  at: z.iso.datetime(),
  entry: z.union([Deed, z.strictObject({ nextDay: z.iso.date() })]),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** Every log begins with the end of this day, so that two who begin it on different days meet. */
const FIRST_DAY = "1970-01-01";

/** The last entry of a log, with its hash. */
export type AuditEnd = { entry: AuditEntry; sha256: string };

/** What has to be written next so that `deed` gets into the log: the deed itself, or the end of a day that is over. */
export function nextEntry(end: AuditEnd | undefined, deed: Deed, at: Date): AuditEntry {
  const today = at.toISOString().slice(0, 10);
  const its = { schema: 1 as const, at: at.toISOString(), previous: end?.sha256 ?? null };
  if (!end) return { ...its, day: FIRST_DAY, number: 1, entry: { nextDay: today } };
  const { day, number, entry } = end.entry;
  if ("nextDay" in entry) return { ...its, day: entry.nextDay, number: 1, entry: deed };
  return { ...its, day, number: number + 1, entry: today > day ? { nextDay: today } : deed };
}

/** Why `entry` is not what comes after `before`; undefined when it is. */
export function breakBetween(before: AuditEnd | undefined, entry: AuditEntry): string | undefined {
  const last = before?.entry;
  const nextDay = last && "nextDay" in last.entry ? last.entry.nextDay : undefined;
  const day = nextDay ?? last?.day ?? FIRST_DAY;
  const number = nextDay === undefined ? (last?.number ?? 0) + 1 : 1;
  if (entry.day !== day || entry.number !== number) return `should be number ${number} of ${day}`;
  if (entry.previous !== (before?.sha256 ?? null)) return "does not carry the hash of the entry before it";
  return undefined;
}
