import { z } from "zod";
import { Sha256 } from "./artifact.ts";
import { sha256 } from "./hashes.ts";
import { BackupId, DropId, type RequestId, RestoreId } from "./ids.ts";

/** Who asks, as claimed, why, and what the word of the second person is good for. */
const ofAll = {
  target: z.string(),
  requestedBy: z.strictObject({ claimed: z.string(), execution: z.string() }),
  because: z.string().nullable(),
  /** SHA-256 of everything that the word of the second person is good for. */
  boundTo: Sha256,
};

/** A second person is asked for a point to come into a target. */
export const AskedRestore = z.strictObject({
  ...ofAll,
  restoreId: RestoreId,
  source: z.string(),
  isLive: z.boolean(),
  backupId: BackupId,
  /** The copy that the point is read from; null: the repository. */
  from: z.string().nullable(),
  recoveredTo: z.iso.datetime(),
  /** What the target holds, in words. */
  holds: z.array(z.string()),
  safety: z.enum(["before", "none"]),
});
export type AskedRestore = z.infer<typeof AskedRestore>;

/** For what restores have kept at a target to be dropped before its time. */
export const AskedDrop = z.strictObject({
  ...ofAll,
  dropId: DropId,
  olderThan: z.string(),
  /** The target's `keepOldState`. */
  inPlan: z.string(),
  kept: z
    .array(z.strictObject({ restoreId: RestoreId, source: z.string(), since: z.iso.datetime(), what: z.string() }))
    .min(1),
});
export type AskedDrop = z.infer<typeof AskedDrop>;

export const Asked = z.union([AskedRestore, AskedDrop]);
export type Asked = z.infer<typeof Asked>;

export const requestIdOf = (asked: { restoreId: RestoreId } | { dropId: DropId }): RequestId =>
  "dropId" in asked ? asked.dropId : asked.restoreId;

/** For the audit log. */
export const inShort = (asked: Asked) =>
  "dropId" in asked
    ? `${asked.dropId} ${asked.target} ${asked.kept.map(({ restoreId }) => restoreId).join(" ")}`
    : `${asked.restoreId} ${asked.backupId} ${asked.source} ${asked.target}`;

/** The execution, the point, the request, and the target as the plan has it and as it was found. */
export type Bound = {
  execution: string;
  restoreId: string;
  source: string;
  backupId: string;
  from: string | undefined;
  target: string;
  section: Record<string, unknown>;
  fingerprint: string;
  options: Record<string, unknown>;
  safety: string;
};
export const boundTo = ({ execution, restoreId, source, backupId, from, target, ...more }: Bound): string => {
  const { section, fingerprint, options, safety } = more;
  const whole = [execution, restoreId, source, backupId, from ?? null, target, section, fingerprint, options, safety];
  return sha256(JSON.stringify(whole));
};

/** The execution, and what is to go at the target as the plan has it. */
export type BoundDrop = Pick<AskedDrop, "dropId" | "target" | "kept"> & {
  execution: string;
  sections: Record<string, unknown>[];
};
export const dropBoundTo = ({ execution, dropId, target, sections, kept }: BoundDrop): string =>
  sha256(JSON.stringify([execution, dropId, target, sections, kept]));
