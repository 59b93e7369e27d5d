import { z } from "zod";
import { Artifact } from "./artifact.ts";
import { Facts } from "./facts.ts";

const Failed = z.strictObject({
  succeeded: z.literal(false),
  task: z.string(),
  attempt: z.int(),
  error: z.strictObject({ name: z.string(), message: z.string() }),
  finishedAt: z.iso.datetime(),
});
const ended = { succeeded: z.literal(true), task: z.string(), attempt: z.int(), finishedAt: z.iso.datetime() };

/** What a source's capture came to. Only a capture whose every artifact is whole has succeeded. */
export const Captured = z.strictObject({
  ...ended,
  engine: z.string(),
  /** The instant that the data is consistent at, by the source's own clock. */
  recoveredTo: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  keyId: z.string(),
  artifacts: z.array(Artifact).min(1),
  toolVersions: z.record(z.string(), z.string()),
  facts: Facts.optional(),
  /** What could not be captured and is known not to be needed, for example role passwords. */
  limits: z.array(z.string()),
});
export type Captured = z.infer<typeof Captured>;

/** What reading a point back came to. `quarantine`: the bytes are wrong, and will be wrong on every try. */
export const Verified = z.strictObject({
  ...ended,
  facts: Facts.optional(),
  quarantine: z.array(z.string()),
  bytesRead: z.int(),
});
export type Verified = z.infer<typeof Verified>;

/** A target as it was found. `fingerprint` tells servers apart; `holds` names what stands there, in words. */
export const Inspected = z.strictObject({
  ...ended,
  fingerprint: z.string(),
  /** Empty when a restore would meet nothing. */
  holds: z.array(z.strictObject({ name: z.string(), mark: z.string(), what: z.string() })),
  /** Why this target can't take this point, each with what mends it. */
  problems: z.array(z.string()),
});
export type Inspected = z.infer<typeof Inspected>;

/** Seconds per phase. `fetch` is the time in which loading had to wait for S3; the rest overlaps. */
export const Phases = z.record(z.string(), z.number());
export type Phases = z.infer<typeof Phases>;

export const Restored = z.strictObject({
  ...ended,
  phases: Phases,
  factsCompared: z.int(),
  /** What holdfast put there, as `Inspected.holds` will find it: `mark` recognises it untouched. */
  putThere: z.array(z.strictObject({ name: z.string(), mark: z.string() })),
  /** What was kept of the old state, each with the statement that drops it. */
  kept: z.array(z.strictObject({ what: z.string(), drop: z.string() })),
  /** What a person should know: sessions that were ended, passwords that are not there … */
  notes: z.array(z.string()),
});
export type Restored = z.infer<typeof Restored>;

/** What was in the restored state's place is kept too. */
export const RolledBack = z.strictObject({ ...ended, kept: Restored.shape.kept, notes: Restored.shape.notes });
export type RolledBack = z.infer<typeof RolledBack>;

/** What was kept of an old state, and is gone. */
export const Dropped = z.strictObject({ ...ended, dropped: z.array(z.string()) });
export type Dropped = z.infer<typeof Dropped>;

/** What a source looks like before its first backup. No problems: it can be captured. */
export const SourceChecked = z.strictObject({
  ...ended,
  problems: z.array(z.string()),
  findings: z.record(z.string(), z.string()),
});
export type SourceChecked = z.infer<typeof SourceChecked>;

export type Failed = z.infer<typeof Failed>;
export const outcomeOf = <T extends z.ZodType>(success: T) => z.union([success, Failed]);
