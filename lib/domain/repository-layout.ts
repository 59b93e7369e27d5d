import { EXPIRY_STEPS, type ExpiryStep, SweepId } from "./expiry.ts";
import type { HoldId } from "./hold.ts";
import { type BackupId, type RequestId, RestoreId } from "./ids.ts";
import type { IncidentId } from "./incident.ts";

/** Every key of the repository is built here and nowhere else. docs/reference/repository-layout.md explains them. */
export const repositoryLayout = (stage: string) => ({
  everything: `${stage}/`,
  backup: (id: BackupId) => `${stage}/${id}/`,
  manifest: (id: BackupId) => `${stage}/${id}/manifest.json`,
  manifestSignature: (id: BackupId, sha256: string) => `${stage}/${id}/manifest.${sha256}.sig`,
  restoreGuide: (id: BackupId) => `${stage}/${id}/RESTORE.md`,
  artifact: (id: BackupId, source: string, attempt: number, number: number, kind: string) =>
    `${stage}/${id}/${source}-${id}.${attempt}.${String(number).padStart(3, "0")}.${kind}.zst.gpg`,
  proofs: (id: BackupId, source?: string) => `${stage}/${id}/proofs/${source === undefined ? "" : `${source}/`}`,
  proof: (id: BackupId, source: string, proof: ProofName, runId: string) =>
    `${stage}/${id}/proofs/${source}/${proof}-${runId}.json`,
  proofSignature: (proofKey: string, sha256: string) => `${proofKey.replace(/\.json$/, "")}.${sha256}.sig`,
  wrappedKey: (keyId: string, generation: number) => `${stage}/keys/${keyId}/${generation}.json`,
  runs: `${stage}/runs/`,
  wrappedKeys: (keyId?: string) => `${stage}/keys/${keyId === undefined ? "" : `${keyId}/`}`,
  run: (runId: string) => `${stage}/runs/${runId}/`,
  claim: (runId: string) => `${stage}/runs/${runId}/claim.json`,
  taskInput: (runId: string, task: string) => `${stage}/runs/${runId}/${task}.task.json`,
  outcome: (runId: string, task: string, attempt: number) => `${stage}/runs/${runId}/${task}.${attempt}.outcome.json`,
  /** An upload that is begun and taken back, so that nothing ever stands there; named as what captures may write. */
  probe: (runId: string, task: string) => `${stage}/runs/${runId}/${task}.probe.zst.gpg`,
  hookRuns: (hookRun = "") => `${stage}/runs/${hookRun === "" ? "hooks-" : `${hookRun}/`}`,
  quiesced: (hookRun: string, source: string) => `${stage}/runs/${hookRun}/${source}.quiesced.json`,
  resumed: (hookRun: string, source: string, attempt: number, isWhole: boolean) =>
    `${stage}/runs/${hookRun}/${source}.${attempt}.${isWhole ? "resumed" : "not-resumed"}.json`,
  progress: (runId: string, task: string, attempt: number, number: number) =>
    `${stage}/runs/${runId}/${task}.${attempt}.${String(number).padStart(4, "0")}.progress.json`,
  /** `what`: of one self-check, which tries things there and leaves nothing else. */
  selfCheck: (id: string, what: string) => `${stage}/runs/self-check-${id}/${what}.json`,
  thaws: (id: RestoreId) => `${stage}/runs/${id}/thaw-`,
  /** `thawed`: how many artifacts can be read. */
  thaw: (id: RestoreId, thawed: number) => `${stage}/runs/${id}/thaw-${String(thawed).padStart(5, "0")}.json`,
  swapOrCancel: (id: RestoreId) => `${stage}/runs/${id}/swap-or-cancel.json`,
  /** Of every try to send the canary that was due then. */
  canaries: (dueAt: Date) => `${stage}/runs/${canaryId(dueAt)}-`,
  /** `start`: of their names. */
  announcements: (runId: string, start: string) => `${stage}/runs/${runId}/announced-${start}`,
  /** `day`: 2026-02-23. */
  digests: (day: string) => `${stage}/runs/digest-${day}`,
  announced: (runId: string, what: string) => `${stage}/runs/${runId}/announced-${what}.json`,
  /** The start of their names, as of `approvalTokens`. */
  leases: (target: string) => `${stage}/runs/target-${target}/lease-`,
  lease: (target: string, number: number) => `${stage}/runs/target-${target}/lease-${number}.json`,
  expiries: (id: BackupId) => `${stage}/expired/${id}/`,
  expiry: (id: BackupId, source: string, sweep: SweepId, step: ExpiryStep) =>
    `${stage}/expired/${id}/${source}/${sweep}-${step}.json`,
  everythingExpired: `${stage}/expired/`,
  /** What the catalog was, by the instant at which reading it began: a cache, from which nothing is decided to be deleted. */
  indexes: `${stage}/runs/index-`,
  index: (begunAt: Date) => `${stage}/runs/index-${begunAt.toISOString().replaceAll(":", "-")}/points.json`,
  /** That something is about to be said of a backup's points. `day`: 2026-02-23. */
  changes: (day?: string) => `${stage}/runs/changes-${day === undefined ? "" : `${day}/`}`,
  change: (id: BackupId, at: Date) => `${stage}/runs/changes-${timedName(id, at)}`,
  /** That a task is about to be told to read a point of this backup. `day`: 2026-02-23. */
  readings: (day?: string) => `${stage}/runs/reading-${day === undefined ? "" : `${day}/`}`,
  reading: (id: BackupId, at: Date) => `${stage}/runs/reading-${timedName(id, at)}`,
  holds: `${stage}/holds/`,
  hold: (id: HoldId) => `${stage}/holds/${id}.json`,
  holdRelease: (id: HoldId) => `${stage}/holds/${id}.released.json`,
  /** `path`: nothing, a year, a year and a month … */
  audits: (...path: string[]) => `${stage}/audit/${path.map((part) => `${part}/`).join("")}`,
  /** `day`: 2026-02-23. */
  auditEntry: (day: string, number: number) =>
    `${stage}/audit/${day.replaceAll("-", "/")}/${String(number).padStart(6, "0")}.json`,
  alarms: `${stage}/alarms/`,
  alarmsOf: (source: string) => `${stage}/alarms/${source}/`,
  alarm: (source: string, code: string) => `${stage}/alarms/${source}/${code}/`,
  alarmRecord: (source: string, code: string, number: number) =>
    `${stage}/alarms/${source}/${code}/${String(number).padStart(6, "0")}.json`,
  auditExport: (id: string, from: string, to: string, format: string) =>
    `${stage}/exports/${id}/audit-${from}-${to}.${format}`,
  incidents: `${stage}/incidents/`,
  incident: (id: IncidentId) => `${stage}/incidents/${id}/opened.json`,
  incidentClosed: (id: IncidentId) => `${stage}/incidents/${id}/closed.json`,
  incidentSteps: (id: IncidentId) => `${stage}/incidents/${id}/steps/`,
  incidentStep: (id: IncidentId, step: string) => `${stage}/incidents/${id}/steps/${step}.json`,
  incidentReport: (id: IncidentId) => `${stage}/incidents/${id}/report.md`,
  restores: `${stage}/restores/`,
  evidence: (id: RestoreId) => `${stage}/restores/${id}/evidence.json`,
  rollback: (id: RestoreId) => `${stage}/restores/${id}/rollback.json`,
  dropped: (id: RestoreId) => `${stage}/restores/${id}/dropped.json`,
  approvalRequested: (id: RequestId) => `${stage}/restores/${id}/approval-requested.json`,
  approvalDecided: (id: RequestId) => `${stage}/restores/${id}/approval-decided.json`,
  /** What makes the machine go on; one per try to ask. */
  approvalTokens: (id: RequestId) => `${stage}/runs/${id}/approval-`,
  approvalToken: (id: RequestId, attempt: number) => `${stage}/runs/${id}/approval-${attempt}.token.json`,
  approvalUsed: (id: RequestId) => `${stage}/runs/${id}/approval-used.json`,
  cancelled: (id: RestoreId) => `${stage}/restores/${id}/cancelled.json`,
});
export type RepositoryLayout = ReturnType<typeof repositoryLayout>;

export type ProofName = "verified" | "suspicious" | "quarantined" | "released" | "proven" | "copied";

/** `2026-11-23/09-00-00.000Z-<backupId>.json`: names that tell all there is to tell. */
const timedName = (id: BackupId, at: Date) => `${at.toISOString().replace("T", "/").replaceAll(":", "-")}-${id}.json`;

/** `canary-2026-11-23T09-00-00Z`: each try to send it adds its number. */
export const canaryId = (dueAt: Date) => `canary-${dueAt.toISOString().slice(0, 19).replaceAll(":", "-")}Z`;

/** The backup id in a key such as `<stage>/<backupId>/manifest.json`. */
export function backupIdOfManifestKey(stage: string, key: string): string | undefined {
  const [first, id, file, ...rest] = key.split("/");
  return first === stage && file === "manifest.json" && rest.length === 0 ? id : undefined;
}

/** `{ restoreId, task }` of a key such as `<stage>/runs/<restoreId>/<task>.<attempt>.<NNNN>.progress.json`. */
export function restoreOfProgressKey(stage: string, key: string): { restoreId: RestoreId; task: string } | undefined {
  const [, of, runId, task] = /^([^/]+)\/runs\/([^/]+)\/([^/.]+)\.\d+\.\d+\.progress\.json$/.exec(key) ?? [];
  const restoreId = RestoreId.safeParse(runId).data;
  return of === stage && restoreId !== undefined && task !== undefined ? { restoreId, task } : undefined;
}

/** The id in a key such as `<stage>/runs/self-check-<id>/probe.json`; undefined for strangers. */
export const selfCheckOfProbeKey = (key: string): string | undefined =>
  /^[^/]+\/runs\/self-check-([\w-]+)\/probe\.json$/.exec(key)?.[1];

/** `{ proof, runId }` of a key below `proofs/<source>/`; undefined for signatures and strangers. */
export function proofOfKey(key: string): { source: string; proof: ProofName; runId: string } | undefined {
  const match = /\/proofs\/([^/]+)\/(verified|suspicious|quarantined|released|proven|copied)-([^/.]+)\.json$/.exec(key);
  if (!match) return undefined;
  const [, source, proof, runId] = match;
  return { source: source as string, proof: proof as ProofName, runId: runId as string };
}

/** What a sweep said of a point; undefined for signatures and strangers. */
export function expiryOfKey(key: string): { source: string; sweep: SweepId; step: ExpiryStep } | undefined {
  const [, source = "", id, name] = /\/([^/]+)\/([^/]+)-([a-z]+)\.json$/.exec(key) ?? [];
  const sweep = SweepId.safeParse(id);
  const step = EXPIRY_STEPS.find((one) => one === name);
  return sweep.success && step ? { source, sweep: sweep.data, step } : undefined;
}

/** The day and the number of an entry of the audit log; undefined for signatures and strangers. */
export function auditEntryOfKey(key: string): { day: string; number: number } | undefined {
  const [, year, month, day, number] = /\/audit\/(\d{4})\/(\d\d)\/(\d\d)\/(\d{6})\.json$/.exec(key) ?? [];
  return number === undefined ? undefined : { day: `${year}-${month}-${day}`, number: Number(number) };
}

/** Which backup was about to change, and when; undefined for strangers. */
export function changeOfKey(key: string): { backupId: string; at: Date } | undefined {
  const [, day, hour, minute, rest, backupId] =
    /\/changes-([\d-]{10})\/(\d\d)-(\d\d)-([\d.]{6}Z)-([^/]+)\.json$/.exec(key) ?? [];
  return backupId === undefined ? undefined : { backupId, at: new Date(`${day}T${hour}:${minute}:${rest}`) };
}

/** Of which backup a point was about to be read; undefined for strangers. */
export const readingOfKey = (key: string): string | undefined =>
  /\/reading-[\d-]{10}\/\d\d-\d\d-[\d.]{6}Z-([^/]+)\.json$/.exec(key)?.[1];

/** The data key of one try of one capture: names have no dots, so no two tries share one. */
export const keyIdOf = (backupId: BackupId, source: string, attempt: number) => `${backupId}.${source}.${attempt}`;

/** A data key and which of its wrappings; undefined for strangers. */
export function wrappedKeyOfKey(key: string): { keyId: string; generation: number } | undefined {
  const [, keyId, generation] = /\/keys\/([^/]+)\/(\d+)\.json$/.exec(key) ?? [];
  return keyId === undefined ? undefined : { keyId, generation: Number(generation) };
}

/** The source in an artifact's key. */
export const sourceOfArtifact = (id: BackupId, key: string) => (key.split("/").at(-1) ?? "").split(`-${id}.`)[0] ?? "";
