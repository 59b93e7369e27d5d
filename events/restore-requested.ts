import { z } from "zod";
import { Retrieval } from "#domain/archive.ts";
import { BackupId, Name } from "#domain/ids.ts";
import { IncidentId } from "#domain/incident.ts";

type Reasoned = { safety: string; despite: string[]; because?: string | undefined };
const withReason = {
  check: ({ safety, despite, because }: Reasoned) =>
    (safety === "before" && despite.length === 0) || because !== undefined,
  error: { path: ["because"], message: 'safety "none" and despite need their reason in at least 10 characters' },
};

/** One person alone goes on without the second one: loud, and written down. */
export const BreakGlass = z.strictObject({ who: z.string().min(1).max(200), why: z.string().min(10).max(500) });

/**
 * The input of the `restore` machine. `{ "source": "app-db" }` restores the newest verified point into the plan's staging
 * target. `confirm` names a target that is live, or holds data that holdfast did not put there.
 */
export const RestoreRequested = z
  .strictObject({
    source: Name,
    /** A target of the plan; without it the source's `restoreTo`. */
    target: Name.optional(),
    /** The copy of the plan that the point is read from; without it the repository itself. */
    from: Name.optional(),
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
    /** The open incidents that suspect the point: it is restored all the same, which is written down. */
    despite: z.array(IncidentId).default([]),
    /** Who asks. Written down as claimed: nothing here proves it. */
    requestedBy: z.string().min(1).optional(),
    /** Does not wait for a second person where the target asks for one. */
    breakGlass: BreakGlass.optional(),
    /** How fast S3 thaws what lies in an archive. */
    retrieval: Retrieval.default("Standard"),
  })
  .refine(({ backupId, before }) => backupId === undefined || before === undefined, {
    path: ["before"],
    message: "backupId names one point already",
  })
  .refine(withReason.check, withReason.error);
export type RestoreRequested = z.infer<typeof RestoreRequested>;

/**
 * The input of the `restore-all` machine: `{ "backupId": "…", "sources": "all" }` restores every source of a backup, one after
 * another in the plan's order, each into its `restoreTo`.
 */
export const RestoreAllRequested = z
  .strictObject({
    backupId: BackupId,
    /** Some of them are restored in the plan's order, too. */
    sources: z.union([z.literal("all"), z.array(Name).min(1)], { error: 'must be "all", or names of sources' }),
    /** A target per source; without one the source's `restoreTo`. */
    targets: z.record(Name, Name).default({}),
    /** Each target that is live, or holds data that holdfast did not put there. */
    confirm: z.array(Name).default([]),
    despite: z.array(IncidentId).default([]),
    safety: z.enum(["before", "none"]).default("before"),
    because: z.string().min(10).optional(),
    requestedBy: z.string().min(1).optional(),
    /** Does not wait for a second person where the target asks for one. */
    breakGlass: BreakGlass.optional(),
    /** How fast S3 thaws what lies in an archive. */
    retrieval: Retrieval.default("Standard"),
  })
  .refine(withReason.check, withReason.error);
export type RestoreAllRequested = z.infer<typeof RestoreAllRequested>;

/** What `start-restore` takes: by its `sources` a request for a whole backup is told from one for a source. */
export const RestoreByHand = z.record(z.string(), z.unknown()).transform((input, context) => {
  const parsed = ("sources" in input ? RestoreAllRequested : RestoreRequested).safeParse(input);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) context.issues.push({ code: "custom", path, message, input });
  return z.NEVER;
});
