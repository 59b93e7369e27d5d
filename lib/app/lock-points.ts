import pMap from "p-map";
import { durationMs } from "#domain/duration.ts";
import { describeError, LockFailed } from "#domain/errors.ts";
import type { BackupId } from "#domain/ids.ts";
import { isTrusted, type RecoveryPoint } from "#domain/recovery-point.ts";
import type { Locker } from "#ports/locker.ts";
import type { RunLog } from "#ports/log.ts";
import { pointsOf } from "./catalog.ts";
import type { SweepInput } from "./expire-points.ts";
import { judgeRetention, readBackPoints } from "./judge-retention.ts";
import type { SweptPorts } from "./swept-place.ts";

const AT_ONCE = 16;
const NAMED_AT_MOST = 20;
/** Locks that would be extended by less than this are left as they are. */
const WORTH_A_REQUEST_MS = 12 * 3600 * 1000;

type Ports = SweptPorts & { locker: Locker; log: RunLog };
type Input = SweepInput & { backupId?: BackupId | undefined };

/**
 * Locks everything that belongs to a point that is kept, or extends its lock, to as far ahead as the plan says: all that
 * retention keeps, or the verified points of one backup. Does nothing without `lock` in the plan. Throws `LockFailed` with
 * what could not be locked, when the rest is.
 */
export const lockPoints =
  (ports: Ports) =>
  async ({ execution, backupId }: Input): Promise<{ locked: number }> => {
    const { plan, log } = ports;
    if (!plan.lock) return { locked: 0 };
    const now = new Date(execution.startTime);
    const how = { mode: plan.lock.mode, until: new Date(now.getTime() + durationMs(plan.lock.for)) };
    const backups = backupId === undefined ? await kept(ports, now) : new Map([[backupId, undefined]]);
    let [locked, looked] = [0, 0];
    const problems: string[] = [];
    const one = async (key: string) => {
      try {
        if (await extend(ports, key, how)) locked++;
      } catch (error) {
        problems.push(`${key}: ${describeError(error).name}: ${describeError(error).message}`);
      }
    };
    for (const [id, sources] of backups) {
      const points = await readBackPoints(ports, (await pointsOf(ports, id)).points); // one backup's keys at a time
      const keep = points.filter((point) => isTrusted(point) && (sources?.has(point.source) ?? true));
      const keys = new Set((await pMap(keep, (point) => keysOf(ports, point))).flat());
      looked += keys.size;
      await pMap(keys, one, { concurrency: AT_ONCE });
    }
    log.info(`${locked} of ${looked} objects are locked anew`, { ...how, problems: problems.length });
    if (problems.length > 0)
      throw new LockFailed(
        `${problems.length} objects could not be locked:\n${problems.slice(0, NAMED_AT_MOST).join("\n")}`,
      );
    return { locked };
  };

/** The backups of what retention keeps, with the sources of theirs that it keeps. */
async function kept(ports: Ports, now: Date): Promise<Map<BackupId, Set<string>>> {
  const { sources } = await judgeRetention(ports, now);
  const points = sources.flatMap(({ keep }) => keep.map(({ point }) => point));
  const backups = Map.groupBy(points, ({ backupId }) => backupId);
  return new Map([...backups].map(([id, its]) => [id, new Set(its.map(({ source }) => source))]));
}

/** All that a restore reads, and all that makes it believe what it reads. */
async function keysOf({ repository, layout }: Ports, point: RecoveryPoint): Promise<string[]> {
  const { backupId, source, manifestSha256, component } = point;
  const keys = [
    ...component.artifacts.map(({ key }) => key),
    layout.restoreGuide(backupId),
    layout.manifestSignature(backupId, manifestSha256),
    layout.manifest(backupId),
  ];
  for (const prefix of [layout.wrappedKeys(component.keyId), layout.proofs(backupId, source)])
    for await (const key of repository.list(prefix)) keys.push(key);
  return keys;
}

/** Of the first version: what was put over it later is nobody's. */
async function extend(
  { repository, locker }: Ports,
  key: string,
  how: Parameters<Locker["lock"]>[2],
): Promise<boolean> {
  const version = (await repository.history(key))?.versions.at(-1);
  if (!version) return false;
  const until = await locker.lockedUntil(key, version.versionId);
  if (until && until.getTime() > how.until.getTime() - WORTH_A_REQUEST_MS) return false;
  await locker.lock(key, version.versionId, how);
  return true;
}
