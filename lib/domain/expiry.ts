import { z } from "zod";
import { BackupId, stampedId } from "./ids.ts";

/** `2026-02-22-040000-k3x9`: the instant and four characters of the execution. Ids sort by time. */
export const SweepId = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}-\d{6}-[a-z0-9]{4}$/)
  .brand("SweepId");
export type SweepId = z.infer<typeof SweepId>;
export const newSweepId = (suffix: string, at: Date) => SweepId.parse(stampedId(suffix, at));

export const EXPIRY_STEPS = ["expired", "kept", "pruning", "pruned", "orphans"] as const;
export type ExpiryStep = (typeof EXPIRY_STEPS)[number];

const said = {
  schema: z.literal(1),
  step: z.enum(EXPIRY_STEPS),
  backupId: BackupId,
  source: z.string(),
  sweep: SweepId,
  at: z.iso.datetime(),
  because: z.string(),
};
/** `…-expired.json`: let go of. `…-kept.json`: wanted again after all. The newest of them counts. Signed. */
export const Expiry = z.strictObject(said);
export type Expiry = z.infer<typeof Expiry>;

/**
 * `…-pruning.json`, signed and written before anything is deleted: exactly these versions go. From then on the point is never
 * good again. `…-pruned.json`: they are gone. `…-orphans.json`: the same as pruning, of artifacts that no point has.
 */
export const Pruning = z.strictObject({
  ...said,
  versions: z.array(z.strictObject({ key: z.string(), versionId: z.string() })),
});
export type Pruning = z.infer<typeof Pruning>;
