import type { BackupId, RestoreId } from "./ids.ts";

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
  run: (runId: string) => `${stage}/runs/${runId}/`,
  claim: (runId: string) => `${stage}/runs/${runId}/claim.json`,
  taskInput: (runId: string, task: string) => `${stage}/runs/${runId}/${task}.task.json`,
  outcome: (runId: string, task: string, attempt: number) => `${stage}/runs/${runId}/${task}.${attempt}.outcome.json`,
  announced: (runId: string, what: string) => `${stage}/runs/${runId}/announced-${what}.json`,
  restores: `${stage}/restores/`,
  evidence: (id: RestoreId) => `${stage}/restores/${id}/evidence.json`,
  rollback: (id: RestoreId) => `${stage}/restores/${id}/rollback.json`,
  dropped: (id: RestoreId) => `${stage}/restores/${id}/dropped.json`,
});
export type RepositoryLayout = ReturnType<typeof repositoryLayout>;

export type ProofName = "verified" | "quarantined" | "released" | "proven";

/** The backup id in a key such as `<stage>/<backupId>/manifest.json`. */
export function backupIdOfManifestKey(stage: string, key: string): string | undefined {
  const [first, id, file, ...rest] = key.split("/");
  return first === stage && file === "manifest.json" && rest.length === 0 ? id : undefined;
}

/** `{ proof, runId }` of a key below `proofs/<source>/`; undefined for signatures and strangers. */
export function proofOfKey(key: string): { source: string; proof: ProofName; runId: string } | undefined {
  const match = /\/proofs\/([^/]+)\/(verified|quarantined|released|proven)-([^/.]+)\.json$/.exec(key);
  if (!match) return undefined;
  const [, source, proof, runId] = match;
  return { source: source as string, proof: proof as ProofName, runId: runId as string };
}
