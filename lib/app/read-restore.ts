import type { z } from "zod";
import { ApprovalDecision, ApprovalRequest } from "#domain/approval.ts";
import { describeThaw, isThawed, type Thaw } from "#domain/archive.ts";
import { Cancelled, Evidence, Rollback } from "#domain/evidence.ts";
import { BackupId, type RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import { describePhase, Progress } from "#domain/progress.ts";
import { TaskInput } from "#domain/task-input.ts";
import type { CatalogPorts } from "./catalog.ts";
import { newestThaw } from "./read-thaw.ts";
import { readSignedProof } from "./signed-objects.ts";
import { type Turn, turnOf } from "./swap-or-cancel.ts";

/** What the repository knows of one restore. What is written in `runs/` is forgotten after 30 days. */
export type RestoreRecords = {
  evidence: Evidence | undefined;
  cancelled: Cancelled | undefined;
  rollback: Rollback | undefined;
  turn: Turn | undefined;
  /** The point and the target; undefined before they were chosen. */
  chosen: Chosen | undefined;
  /** What a second person was asked for, and what was decided. */
  approval: { request: ApprovalRequest; decision: ApprovalDecision | undefined } | undefined;
  /** How far S3 is with what lies in an archive; undefined where nothing does. */
  thaw: Thaw | undefined;
  /** The target was found fit, and the task that restores may begin. */
  isAllowed: boolean;
  safety: { backupId: BackupId; isCommitted: boolean } | undefined;
  /** Of the task that restores; undefined before it has begun. */
  progress: Progress | undefined;
  /** Whether that task has said how it ended. One that was killed can't. */
  hasOutcome: boolean;
};
type Chosen = { source: string; target: string; backupId: BackupId };

export async function readRestore(ports: CatalogPorts, restoreId: RestoreId): Promise<RestoreRecords> {
  const { repository, layout } = ports;
  const keys: string[] = [];
  for await (const key of repository.list(layout.run(restoreId))) keys.push(key);
  const inputs = await Promise.all(
    keys.filter((key) => key.endsWith(".task.json")).map((key) => parsed(ports, key, TaskInput)),
  );
  const asked = inputs.find((input) => input?.verb === "inspect");
  const restore = inputs.find((input) => input?.verb === "restore");
  const newest = keys.findLast((key) => key.endsWith(".progress.json"));
  const evidence = await signed(ports, layout.evidence(restoreId), Evidence);
  const request = await signed(ports, layout.approvalRequested(restoreId), ApprovalRequest);
  return {
    evidence,
    cancelled: await readCancelled(ports, restoreId),
    rollback: await signed(ports, layout.rollback(restoreId), Rollback),
    turn: await turnOf(ports, restoreId),
    chosen: evidence ?? (asked && "target" in asked && "backupId" in asked ? asked : undefined),
    approval: request && {
      request,
      decision: await signed(ports, layout.approvalDecided(restoreId), ApprovalDecision),
    },
    thaw: await newestThaw(ports, restoreId),
    isAllowed: restore !== undefined,
    safety: await findSafety(ports, restoreId),
    progress: newest === undefined ? undefined : await parsed(ports, newest, Progress),
    hasOutcome: keys.some(
      (key) => key.endsWith(".outcome.json") && key.startsWith(`${layout.run(restoreId)}${restore?.task}.`),
    ),
  };
}

export const readCancelled = (ports: CatalogPorts, restoreId: RestoreId): Promise<Cancelled | undefined> =>
  signed(ports, ports.layout.cancelled(restoreId), Cancelled);

/** What a restore that runs is at, for people. */
export function whatItIsAt({ chosen, thaw, approval, isAllowed, safety, progress }: RestoreRecords): string {
  if (progress) return describePhase(progress);
  if (!chosen) return "choosing the point";
  if (thaw && !isThawed(thaw)) return describeThaw(thaw);
  if (approval && !approval.decision) return `waiting for a second person until ${approval.request.until}`;
  if (!isAllowed) return "looking at the target";
  if (safety && !safety.isCommitted) return "taking the safety point";
  return "starting the task that loads";
}

async function signed<T>(ports: CatalogPorts, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await readSignedProof(ports, key);
  return bytes && parseJson(bytes, schema, key);
}

async function parsed<T>({ repository }: CatalogPorts, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await repository.read(key);
  return bytes && parseJson(bytes, schema, key);
}

async function findSafety(
  { repository, layout }: CatalogPorts,
  restoreId: RestoreId,
): Promise<RestoreRecords["safety"]> {
  const runs = await repository.folders(layout.runs);
  const backupId = BackupId.safeParse(runs.find((name) => name.endsWith(`-safety-${restoreId}`))).data;
  return backupId && { backupId, isCommitted: (await repository.head(layout.manifest(backupId))) !== undefined };
}
