import { z } from "zod";
import { BackupId, Name } from "#domain/ids.ts";

/**
 * The input of the `restore` machine. `{ "source": "app-db" }` restores the newest verified point into the plan's staging
 * target. `confirm` names a target that is live, or holds data that holdfast did not put there.
 */
export const RestoreRequested = z
  .strictObject({
    source: Name,
    /** A target of the plan; without it the source's `restoreTo`. */
    target: Name.optional(),
    /** Exactly this backup's point; without it the newest verified one. */
    backupId: BackupId.optional(),
    /** Only points that are consistent at an earlier instant than this. */
    before: z.iso.datetime({ offset: true }).optional(),
    /** The target's name once more. */
    confirm: z.string().optional(),
    /** What the engine lets one choose, for example other database names. */
    options: z.record(z.string(), z.unknown()).default({}),
    /** "none" only where the target is broken and can't be captured. */
    safety: z.enum(["before", "none"]).default("before"),
    because: z.string().min(10).optional(),
    /** Who asks. Written down as claimed: nothing here proves it. */
    requestedBy: z.string().min(1).optional(),
  })
  .refine(({ backupId, before }) => backupId === undefined || before === undefined, {
    path: ["before"],
    message: "backupId names one point already",
  })
  .refine(({ safety, because }) => safety === "before" || because !== undefined, {
    path: ["because"],
    message: 'safety "none" needs its reason in at least 10 characters',
  });
export type RestoreRequested = z.infer<typeof RestoreRequested>;
