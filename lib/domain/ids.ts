import { z } from "zod";
import { sha256 } from "./hashes.ts";

/** Names of sources, targets and backups in a plan: they become parts of keys and of machine names. */
export const Name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/, "must be 2 to 32 of a-z, 0-9 and -, begin with a letter, not end with -");

/** What is wrong, and the name of its runbook: `BackupFailed`. */
export const AlarmCode = z.string().regex(/^[A-Z][A-Za-z]{2,60}$/, "must look like BackupFailed");

const TIME = String.raw`\d{4}-\d{2}-\d{2}-\d{6}`;
/** `2026-02-23-020000-nightly`, `…-manual-k3x9`, `…-safety-<restoreId>`. */
export const BackupId = z
  .string()
  .regex(new RegExp(`^${TIME}-[a-z][a-z0-9-]{0,60}$`), "must look like 2026-02-23-020000-nightly")
  .brand("BackupId");
export type BackupId = z.infer<typeof BackupId>;

/** `2026-02-23-134207-k3x9`. */
export const RestoreId = z
  .string()
  .regex(new RegExp(`^${TIME}-[a-z0-9]{4}$`), "must look like 2026-02-23-134207-k3x9")
  .brand("RestoreId");
export type RestoreId = z.infer<typeof RestoreId>;

/** What waits for a second person and is no restore: `drop-2026-02-23-134207-k3x9`. */
export const DropId = z
  .string()
  .regex(new RegExp(`^drop-${TIME}-[a-z0-9]{4}$`), "must look like drop-2026-02-23-134207-k3x9")
  .brand("DropId");
export type DropId = z.infer<typeof DropId>;
export const RollbackId = z
  .string()
  .regex(new RegExp(`^rollback-${TIME}-[a-z0-9]{4}$`), "must look like rollback-2026-02-23-134207-k3x9")
  .brand("RollbackId");
export type RollbackId = z.infer<typeof RollbackId>;
/** What a second person decides on: a restore's own id, or that of a drop or a rollback. */
export const RequestId = z.union([RestoreId, DropId, RollbackId], {
  error: "must look like 2026-02-23-134207-k3x9, with drop- or rollback- before it where it is no restore",
});
export type RequestId = z.infer<typeof RequestId>;

/** `2026-02-23-020000`, in UTC. */
const stamp = (at: Date) => at.toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");

/** `2026-02-23-134207-k3x9`: ids of this kind sort by time. `suffix`: four characters that tell those of one second apart. */
export const stampedId = (suffix: string, at: Date) => `${stamp(at)}-${suffix}`;

/** The id of the run that a schedule asked for at `at`: the same instant gives the same id, so it is claimed once. */
export const scheduledBackupId = (backup: string, at: Date) => BackupId.parse(`${stamp(at)}-${backup}`);
/** `suffix`: four characters that tell runs of the same second apart. */
export const manualBackupId = (suffix: string, at: Date) => BackupId.parse(`${stamp(at)}-manual-${suffix}`);
export const safetyBackupId = (restore: RestoreId, at: Date) => BackupId.parse(`${stamp(at)}-safety-${restore}`);
/** Of the execution that restores: whoever knows the one knows the other. */
export const restoreIdOf = (executionArn: string, startedAt: Date) =>
  RestoreId.parse(`${stamp(startedAt)}-${sha256(executionArn).slice(0, 4)}`);
export const rollbackIdOf = (call: string, at: Date) => RollbackId.parse(`rollback-${restoreIdOf(call, at)}`);
export const dropIdOf = (executionArn: string, startedAt: Date) =>
  DropId.parse(`drop-${restoreIdOf(executionArn, startedAt)}`);

/** The instant in an id: when its run was due or began. */
export const startOf = (id: BackupId) => {
  const [, date = "", hour = "", minute = "", second = ""] = /^(.{10})-(..)(..)(..)/.exec(id) ?? [];
  return new Date(`${date}T${hour}:${minute}:${second}Z`);
};

/** `nightly`, `manual-k3x9`, `safety-<restoreId>`. */
export const nameOfBackup = (id: BackupId) => id.slice("2026-02-23-020000-".length);

/** What a run counts as: a backup of the plan, or `manual`, or `safety`. Names of single runs would be metrics without end. */
export const kindOfRun = (id: BackupId) => /^(manual|safety)(?=-)/.exec(nameOfBackup(id))?.[0] ?? nameOfBackup(id);

/** Taken before a restore: never `latest`. */
export const isSafety = (id: BackupId) => /^.{17}-safety-/.test(id);

/** Stage and machine of `…:stateMachine:holdfast-<stage>-restore-all`; undefined for a machine of another name. */
export function machineOf(stateMachineArn: string): { stage: string; machine: string } | undefined {
  const [, stage, machine] = /:stateMachine:holdfast-(.+?)-(restore-all|[a-z]+)$/.exec(stateMachineArn) ?? [];
  return stage && machine ? { stage, machine } : undefined;
}
