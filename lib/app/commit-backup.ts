import type { Artifact } from "#domain/artifact.ts";
import { sha256 } from "#domain/hashes.ts";
import { type BackupId, kindOfRun } from "#domain/ids.ts";
import { type Component, componentOf, LARGEST_SIGNED_BYTES, MANIFEST_SCHEMA, type Manifest } from "#domain/manifest.ts";
import { Captured } from "#domain/outcome.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import { type Guide, restoreGuide } from "#domain/restore-guide.ts";
import type { TaskEnd } from "#domain/task-input.ts";
import type { Signer } from "#ports/keys.ts";
import type { RunLog } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Metrics } from "#ports/metrics.ts";
import type { Repository } from "#ports/repository.ts";
import { checkArtifact } from "./check-artifact.ts";
import { checkClock } from "./check-clock.ts";
import { judgeHooks } from "./judge-hooks.ts";
import { type Judged, judgeTask } from "./judge-task.ts";
import { createSigned } from "./signed-objects.ts";

type Ports = {
  repository: Repository;
  layout: RepositoryLayout;
  stage: string;
  bucket: string;
  signingKey: string;
  version: string;
  signer: Signer;
  events: Events;
  guides: Record<string, Guide>;
  log: RunLog;
  metrics: Metrics;
};
type Input = { backupId: BackupId; sources: string[]; captures: TaskEnd[] };
/** `HOOK_FAILED`: complete, and a hook could not be undone. */
export type CommitResult = { outcome: "COMPLETE" | "PARTIAL" | "FAILED" | "HOOK_FAILED"; failedSources: string };

/** Judges each source by itself; the good ones get a manifest, written last. Without a good one there is none. */
export const commitBackup =
  (ports: Ports) =>
  async ({ backupId, sources, captures }: Input): Promise<CommitResult> => {
    const { repository, layout, events, stage, log } = ports;
    log.belongsTo(backupId);
    const ends = new Map(captures.map((end) => [end.source, end]));
    const judged = new Map<string, Judged<Captured>>();
    for (const source of sources) judged.set(source, await judge(ports, backupId, source, ends.get(source)));
    const good = [...judged].flatMap(([source, one]) => {
      const { ran } = judgeHooks(ends.get(source));
      return one.succeeded
        ? [[source, { ...componentOf(one.outcome), ...(ran.length > 0 ? { hooks: ran } : {}) }] as const]
        : [];
    });
    const hookProblems = sources.flatMap((source) => judgeHooks(ends.get(source)).problem ?? []);
    const failed = [...judged].flatMap(([source, one]) => (one.succeeded ? [] : [[source, one.reason] as const]));
    if (failed.length > 0) log.error(`${backupId}: not captured`, { failed: Object.fromEntries(failed) });
    if (hookProblems.length > 0) log.error(`${backupId}: hooks are not undone`, { hookProblems });
    const failedSources = [...failed.map(([source, reason]) => `${source}: ${reason}`), ...hookProblems].join("\n");
    if (good.length === 0) return { outcome: "FAILED", failedSources };

    const guide = restoreGuide({ ...ports, backupId, components: good });
    const manifest: Manifest = {
      schema: MANIFEST_SCHEMA,
      backupId,
      stage,
      timestamp:
        good
          .map(([, { finishedAt }]) => finishedAt)
          .toSorted()
          .at(-1) ?? "",
      version: ports.version,
      outcome: failed.length === 0 ? "COMPLETE" : "PARTIAL",
      components: Object.fromEntries(good),
      failed: Object.fromEntries(failed),
      restoreGuideSha256: sha256(guide),
    };
    const body = `${JSON.stringify(manifest, null, 2)}\n`;
    const bytesOfBody = Buffer.byteLength(body);
    if (bytesOfBody > LARGEST_SIGNED_BYTES)
      return { outcome: "FAILED", failedSources: tooLarge(backupId, bytesOfBody) };
    await repository.create(layout.restoreGuide(backupId), guide);
    const signatureKey = (hash: string) => layout.manifestSignature(backupId, hash);
    const written = await createSigned(ports, layout.manifest(backupId), signatureKey, body); // from here on, and not a moment earlier, the backup exists
    if (written === "differs")
      return {
        outcome: "FAILED",
        failedSources: `AlreadyCommitted: ${backupId} has another manifest; nothing was overwritten`,
      };
    const bytes = good.reduce((sum, [, { size }]) => sum + size, 0);
    const detail = { stage, backupId, sources: good.map(([source]) => source), failed: manifest.failed, bytes };
    await events.emit({ type: "BackupCommitted", detail });
    log.info(`${backupId}: committed, ${manifest.outcome}`, { sources: detail.sources, bytes });
    const outcome = manifest.outcome === "COMPLETE" && hookProblems.length > 0 ? "HOOK_FAILED" : manifest.outcome;
    measure(ports, backupId, manifest, outcome);
    return { outcome, failedSources };
  };

const tooLarge = (backupId: BackupId, bytes: number) =>
  `ManifestInvalid: the manifest of ${backupId} would have ${bytes} bytes, and nobody reads more than ${LARGEST_SIGNED_BYTES}: give its sources backups of their own, or name fewer databases in one source`;

/** A run that is not complete ends FAILED and is counted by who tells of it: other failures never come here. */
function measure({ metrics }: Ports, backupId: BackupId, { components }: Manifest, outcome: CommitResult["outcome"]) {
  for (const [source, component] of Object.entries(components))
    metrics({ backup_duration_seconds: secondsOf(component), backup_size_bytes: component.size }, { source });
  if (outcome === "COMPLETE") metrics({ backup_success_total: 1 }, { backup: kindOfRun(backupId) });
}

const secondsOf = ({ startedAt, finishedAt }: Component) => (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;

async function judge(
  ports: Ports,
  backupId: BackupId,
  source: string,
  end: TaskEnd | undefined,
): Promise<Judged<Captured>> {
  const judged = await judgeTask(ports, { runId: backupId, task: source }, end, Captured);
  if (!judged.succeeded) return judged;
  const strangers = judged.outcome.artifacts.filter(
    ({ key }) => !isOfThisCapture(ports.layout, backupId, source, judged.outcome.attempt, key),
  );
  if (strangers.length > 0)
    return { succeeded: false, reason: `ChecksumMismatch: ${strangers[0]?.key} does not belong to this capture` };
  const { layout } = ports;
  const stored = {
    task: layout.taskInput(backupId, source),
    outcome: layout.outcome(backupId, source, judged.outcome.attempt),
  };
  const problems = await checkClock(ports.repository, stored, judged.outcome);
  for (const artifact of judged.outcome.artifacts) problems.push(...(await checkArtifact(ports.repository, artifact)));
  return problems.length === 0 ? judged : { succeeded: false, reason: problems.join("; ") };
}

const isOfThisCapture = (
  layout: RepositoryLayout,
  id: BackupId,
  source: string,
  attempt: number,
  key: Artifact["key"],
) => key.startsWith(layout.artifact(id, source, attempt, 0, "").replace(/000\..*$/, ""));
