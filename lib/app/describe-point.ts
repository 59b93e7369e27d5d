import { describeWait, type Frozen, isArchive, thawMs } from "#domain/archive.ts";
import { copiesOf } from "#domain/copies.ts";
import { NoSuchPoint } from "#domain/errors.ts";
import type { BackupId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import type { Repository } from "#ports/repository.ts";
import type { CatalogPorts } from "./catalog.ts";
import { lookAtArchives } from "./look-at-archives.ts";
import { inCopy, type OpenCopy, placeOfCopy } from "./open-copy.ts";
import { findPoint } from "./open-point.ts";
import { checkCopy } from "./read-back.ts";
import { readCopies } from "./read-copies.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { openCopy: OpenCopy; plan: Plan; stage: string };
/** `lost`: why it is read from a copy, and what that copy lacks. */
type Found = { point: RecoveryPoint; repository: Repository; lost?: string };

/**
 * Everything that is known of one point, from its signed manifest and proofs; from those of a copy where the repository has lost
 * it. Throws `NoSuchPoint`.
 */
export const describePoint =
  (ports: Ports) =>
  async ({ source, backupId }: { source: string; backupId: BackupId }): Promise<Answer> => {
    const { point, repository, lost } = await find(ports, backupId, source);
    const { artifacts, facts, ...component } = point.component;
    const copies = await readCopies(ports, point);
    const archived = await lookAtArchives(repository, point);
    const restore = JSON.stringify({ source, backupId });
    const verdict = {
      committed: `${source} in ${backupId} is committed, not yet read back: a restore refuses it until it is verified`,
      verified: `${source} in ${backupId} is verified and restorable to ${component.recoveredTo}`,
      suspicious: `${source} in ${backupId} is SUSPICIOUS: whole, and unlike what ${source} usually holds`,
      quarantined: `${source} in ${backupId} is QUARANTINED: its bytes are wrong, or somebody has said that it is bad`,
      expired: `${source} in ${backupId} has expired and will be deleted; a hold brings it back`,
      pruned: `${source} in ${backupId} is deleted: only what its manifest says of it is left`,
    }[point.proof];
    return {
      verdict: `${lost ?? ""}${verdict}${archived ? describeArchived(archived) : ""}`,
      figures: {
        ...component,
        ...("verifiedAt" in point ? { verifiedAt: point.verifiedAt.toISOString(), facts: point.facts } : { facts }),
        ...("reasons" in point ? { reasons: point.reasons } : {}),
        ...(point.proof === "verified" && point.released ? { released: point.released } : {}),
        ...("because" in point ? { because: point.because } : {}),
        ...(archived ? { archived } : {}),
        copies: copies.map(({ copy, bucket, region, readBackAt, by }) => ({
          ...{ copy, bucket, region, readBackAt, by, ...tierOf(ports.plan, copy) },
        })),
        artifacts: artifacts.map(({ parts, ...artifact }) => ({ ...artifact, parts: parts.length })),
      },
      next:
        point.proof === "verified"
          ? `npx sls invoke --stage ${ports.stage} -f start-restore -d '${restore}'`
          : `npx sls invoke --stage ${ports.stage} -f list-points -d '{"source":"${source}"}'`,
    };
  };

async function find(ports: Ports, backupId: BackupId, source: string): Promise<Found> {
  try {
    return { point: await findPoint(ports, backupId, source), repository: ports.repository };
  } catch (error) {
    if (!(error instanceof NoSuchPoint)) throw error; // the repository could not be read
    for (const copy of copiesOf(ports.plan.copies, source)) {
      const found = await findThere(ports, copy, backupId, source).catch(() => undefined); // nor there, or out of reach
      if (found) return { ...found, lost: `LOST here: ${error.message}. Its copy in ${copy} ${found.state}. ` };
    }
    throw error;
  }
}

async function findThere(ports: Ports, copy: string, backupId: BackupId, source: string) {
  const there = inCopy(ports, placeOfCopy(ports.plan, copy));
  const point = await findPoint(there, backupId, source);
  const problems = await checkCopy(there, point);
  return {
    point,
    repository: there.repository,
    state: problems.length === 0 ? "is whole" : `lacks something: ${problems.join("; ")}`,
  };
}

const describeArchived = ({ classes, takesMs }: Frozen) =>
  `. It lies in ${classes.join(" and ")}: ${takesMs > 0 ? `a restore first waits ${describeWait(takesMs)} until it is thawed` : "it is thawed, and can be read for some days"}`;

/** By the plan; what a restore from there then waits for. */
function tierOf({ copies }: Pick<Plan, "copies">, name: string) {
  const storageClass = copies?.[name]?.storageClass;
  if (!isArchive(storageClass)) return { storageClass: storageClass ?? "STANDARD" };
  return { storageClass, thaw: describeWait(thawMs(storageClass, "Standard", 0) ?? Number.POSITIVE_INFINITY) };
}
