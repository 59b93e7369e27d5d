import { z } from "zod";
import { Sha256 } from "./artifact.ts";
import { sha256 } from "./hashes.ts";
import { BackupId, DropId, type RequestId, RestoreId, RollbackId } from "./ids.ts";

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

/** For what a restore has kept to be put back. */
export const AskedRollback = z.strictObject({
  ...ofAll,
  rollbackId: RollbackId,
  restoreId: RestoreId,
  source: z.string(),
  isLive: z.boolean(),
  /** When the restore has ended: what came since is taken away, and kept. */
  since: z.iso.datetime(),
  what: z.string(),
});
export type AskedRollback = z.infer<typeof AskedRollback>;

export const Asked = z.union([AskedRestore, AskedDrop, AskedRollback]);
export type Asked = z.infer<typeof Asked>;

type Identified = { dropId: DropId } | { rollbackId: RollbackId } | { restoreId: RestoreId };
export function requestIdOf(asked: Identified): RequestId {
  if ("dropId" in asked) return asked.dropId;
  return "rollbackId" in asked ? asked.rollbackId : asked.restoreId;
}

/** For the audit log. */
export function inShort(asked: Asked): string {
  if ("dropId" in asked)
    return `${asked.dropId} ${asked.target} ${asked.kept.map(({ restoreId }) => restoreId).join(" ")}`;
  if ("rollbackId" in asked) return `${asked.rollbackId} ${asked.restoreId} ${asked.source} ${asked.target}`;
  return `${asked.restoreId} ${asked.backupId} ${asked.source} ${asked.target}`;
}

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

/** The request itself, the restore with what it has put there and kept, and the target as the plan has it. */
export type BoundRollback = { rollbackId: RollbackId; evidenceSha256: string; section: Record<string, unknown> };
export const rollbackBoundTo = ({ rollbackId, evidenceSha256, section }: BoundRollback): string =>
  sha256(JSON.stringify([rollbackId, evidenceSha256, section]));
