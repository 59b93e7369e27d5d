import { partRanges } from "#domain/artifact.ts";
import { describeError } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import type { BackupId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { CopiedProof } from "#domain/proof.ts";
import { isTrusted, type RecoveryPoint } from "#domain/recovery-point.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Repository } from "#ports/repository.ts";
import { type CatalogPorts, readManifest } from "./catalog.ts";
import { checkArtifact } from "./check-artifact.ts";
import { findPoint } from "./open-point.ts";
import { readableCause } from "./readable-cause.ts";
import { createSigned } from "./signed-objects.ts";

const WORK_MS = 10 * 60_000;

/** `deep`: every byte is read, not only what S3 says of it. */
export type WantedCopy = { backupId: BackupId; source: string; to: string; deep: boolean };
/** `copy` and `part` say where to go on. */
export type ReadBackProgress = {
  outcome: "COPIED" | "FAILED" | "UNFINISHED";
  copy: number;
  part: number;
  problems: string;
};
type Ports = CatalogPorts & {
  plan: Plan;
  copies: Record<string, { repository: Repository }>;
  signer: Signer;
  clock: Clock;
  log: RunLog;
};
type Input = {
  runId: string;
  copies: (WantedCopy & { failure?: { Error: string; Cause?: string | undefined } | undefined })[];
  readBack: ReadBackProgress;
};

/**
 * Asks the other side what it holds, and writes a signed proof for every copy that is whole there: manifest, artifacts, data
 * key, the way to restore by hand. What was not copied, or is not as it should be, is a problem and gets no proof.
 */
export const readBack =
  (ports: Ports) =>
  async ({ runId, copies, readBack: before }: Input): Promise<ReadBackProgress> => {
    const until = ports.clock().getTime() + WORK_MS;
    const problems = before.problems === "" ? [] : [before.problems];
    let part = before.part;
    for (const [index, copy] of copies.entries()) {
      if (index < before.copy) continue;
      const name = `${copy.source} of ${copy.backupId} in ${copy.to}`;
      try {
        if (copy.failure) throw new Error(readableCause(copy.failure.Cause, copy.failure.Error));
        const there = ports.copies[copy.to]?.repository;
        if (!there) throw new Error(`the plan has no copy "${copy.to}"`);
        const point = await findWhole(ports, there, copy);
        if (copy.deep) part = await readBytes(there, point, part, () => ports.clock().getTime() > until);
        if (copy.deep && part < partsOf(point).length)
          return { outcome: "UNFINISHED", copy: index, part, problems: problems.join("\n") };
        await prove(ports, there, { ...copy, runId, point });
        ports.log.info(`${name}: read back`);
      } catch (error) {
        problems.push(`${name}: ${describeError(error).message}`);
      }
      part = 0;
    }
    if (problems.length > 0) ports.log.error("not every copy is whole", { problems });
    const outcome = problems.length === 0 ? "COPIED" : "FAILED";
    return { outcome, copy: copies.length, part: 0, problems: problems.join("\n") };
  };

/** In a copy a point exists only when its manifest is the one that we know, and all that it names is there and matches. */
async function findWhole(ports: Ports, there: Repository, { backupId, source }: WantedCopy): Promise<RecoveryPoint> {
  const known = await readManifest(ports, backupId);
  const point = await findPoint({ ...ports, repository: there }, backupId, source);
  const problems = point.manifestSha256 === known?.manifestSha256 ? [] : ["its manifest is another one"];
  if (!isTrusted(point)) problems.push(`it is ${point.proof} there, not verified`);
  problems.push(...(await checkCopy({ ...ports, repository: there }, point)));
  const guide = await there.read(ports.layout.restoreGuide(backupId));
  if (!guide || sha256(guide) !== known?.manifest.restoreGuideSha256)
    problems.push("its RESTORE.md is missing or another one");
  if (problems.length > 0) throw new Error(problems.join("; "));
  return point;
}

/** Of a copy, whose versions are not those of the manifest: what a restore reads and is not there as it should be. */
export const checkCopy = (ports: CatalogPorts, { component }: RecoveryPoint): Promise<string[]> =>
  checkStored(ports, { ...component, artifacts: component.artifacts.map(({ versionId: _, ...artifact }) => artifact) });

/** Whether everything that a restore reads is there: artifacts with size and checksum, and the data key. */
export async function checkStored(
  { repository, layout }: CatalogPorts,
  { artifacts, keyId }: Pick<RecoveryPoint["component"], "artifacts" | "keyId">,
): Promise<string[]> {
  const problems: string[] = [];
  for (const artifact of artifacts) problems.push(...(await checkArtifact(repository, artifact)));
  if (!(await repository.head(layout.wrappedKey(keyId, 1)))) problems.push(`its data key ${keyId} is missing`);
  return problems;
}

const partsOf = ({ component }: RecoveryPoint) =>
  component.artifacts.flatMap((artifact) => partRanges(artifact).map((range) => ({ key: artifact.key, ...range })));

/** @returns the first part that was not read since the time was over */
async function readBytes(there: Repository, point: RecoveryPoint, from: number, isOver: () => boolean) {
  for (const [index, { key, number, start, end, sha256: wanted }] of partsOf(point).entries()) {
    if (index < from) continue;
    if (isOver()) return index;
    const bytes = await there.readRange(key, { start, end }, new AbortController().signal);
    if (sha256(bytes) !== wanted)
      throw new Error(`ChecksumMismatch: ${key}: part ${number} is not the one that was stored`);
  }
  return partsOf(point).length;
}

/** In both buckets: whichever is lost, the other one says what was proved. */
async function prove(
  ports: Ports,
  there: Repository,
  { backupId, source, to, deep, runId, point }: WantedCopy & { runId: string; point: RecoveryPoint },
) {
  const place = ports.plan.copies?.[to];
  if (!place) throw new Error(`the plan has no copy "${to}"`);
  const proof: CopiedProof = {
    schema: 1,
    backupId,
    source,
    manifestSha256: point.manifestSha256,
    copy: to,
    bucket: place.bucket,
    region: place.region,
    readBackAt: ports.clock().toISOString(),
    bytes: point.component.size,
    by: deep ? "bytes" : "checksums",
  };
  const key = ports.layout.proof(backupId, source, "copied", `${to}-${runId}`);
  const body = `${JSON.stringify(proof, null, 2)}\n`;
  for (const repository of [there, ports.repository])
    await createSigned({ ...ports, repository }, key, (hash) => ports.layout.proofSignature(key, hash), body);
}
