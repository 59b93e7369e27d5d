import { z } from "zod";

/** One line of what `check-source` answers. `not asked`: what it needs was wrong already, which is no success. */
export const SourceCheck = z.strictObject({
  /** `route`, `TLS`, `KMS`, `server` … */
  about: z.string(),
  verdict: z.enum(["ok", "warning", "problem", "not asked"]),
  /** For a problem: what mends it, too. */
  says: z.string(),
});
export type SourceCheck = z.infer<typeof SourceCheck>;

/** What a source's points take of a task that reads them back or restores them. Above nothing, an estimate. */
export const RoomNeeded = z.strictObject({
  scratchBytes: z.number(),
  verifyMemoryBytes: z.number(),
  restoreMemoryBytes: z.number(),
});
export type RoomNeeded = z.infer<typeof RoomNeeded>;

export const ok = (about: string, says: string): SourceCheck => ({ about, verdict: "ok", says });
export const warning = (about: string, says: string): SourceCheck => ({ about, verdict: "warning", says });
export const problem = (about: string, says: string): SourceCheck => ({ about, verdict: "problem", says });
export const notAsked = (about: string, because: string): SourceCheck => ({
  about,
  verdict: "not asked",
  says: because,
});
