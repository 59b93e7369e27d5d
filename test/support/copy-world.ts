import { z } from "zod";
import { copyPoint } from "#app/copy-point.ts";
import { expirePoints } from "#app/expire-points.ts";
import { lockPoints } from "#app/lock-points.ts";
import { planCopy } from "#app/plan-copy.ts";
import { prunePoints } from "#app/prune-points.ts";
import { readBack } from "#app/read-back.ts";
import { sweptPlace } from "#app/swept-place.ts";
import type { BackupId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { Copier } from "#ports/copier.ts";
import type { Locker } from "#ports/locker.ts";
import { memoryWorld } from "./memory-world.ts";
import { memoryEraser, retentionWorld } from "./retention-world.ts";

/**
 * A stage whose points of `app-db` are copied to `offsite`: two buckets in memory, and the states of the machines. `keeping`: how
 * long the copy keeps and locks them.
 */
export function copyWorld(keeping: Pick<NonNullable<Plan["copies"]>[string], "retention" | "lock"> = {}) {
  const world = retentionWorld();
  const there = memoryWorld();
  const copied: string[] = [];
  const limits = { artifacts: Number.POSITIVE_INFINITY };
  const copier: Copier = {
    copy: async (artifact) => {
      if (limits.artifacts-- <= 0) return false;
      copied.push(artifact.key);
      there.artifacts.set(artifact.key, artifact);
      return true;
    },
  };
  const place = { bucket: "holdfast-offsite", region: "eu-central-1", readBack: "checksums" as const };
  const plan = { ...world.ports.plan, copies: { offsite: { ...place, ...keeping, sources: ["app-db"] } } };
  const copies = { offsite: { repository: there.ports.repository, copier } };
  const openCopy = () => there.ports.repository;
  const ports = { ...world.ports, plan, copies, openCopy, restoreOptions: { postgresql: z.unknown() } };
  const bucket = memoryEraser(there);
  const locked = new Map<string, Date>();
  const locker: Locker = {
    lockedUntil: async (key) => locked.get(key),
    lock: async (key, _, { until }) => void locked.set(key, until),
  };
  const planned = (input: object = {}) =>
    planCopy(ports)({
      input: { again: false, deep: false, ...input },
      execution: { name: "x", startTime: world.time.at.toISOString() },
    });
  return {
    ...world,
    ports,
    there,
    copied,
    locked,
    erasedThere: bucket.erased,
    locksThere: bucket.locks,
    limits,
    planned,
    copy: (backupId: BackupId) => copyPoint(ports)({ backupId, source: "app-db", to: "offsite" }),
    /** The whole machine. */
    async run(input: object = {}) {
      const { copies: wanted, runId, readBack: begun } = await planned(input);
      for (const { backupId, source, to } of wanted) await copyPoint(ports)({ backupId, source, to });
      return readBack(ports)({ runId, copies: wanted, readBack: begun });
    },
    readBack: readBack(ports),
    lockCopy: (backupId: BackupId | undefined) =>
      lockPoints({ ...sweptPlace(ports, "offsite"), locker })({
        execution: { id: "arn:copy", startTime: world.time.at.toISOString() },
        backupId,
      }),
    /** The machine `retention`, in one place, at the moment that the clock shows. */
    async sweep(where: string) {
      const startTime = world.time.at.toISOString();
      const input = { execution: { id: `arn:${where}:${startTime}`, startTime } };
      const swept = sweptPlace(ports, where);
      const eraser = where === "offsite" ? bucket.eraser : world.ports.eraser;
      const { locked } = await lockPoints({ ...swept, locker })(input);
      return { locked, ...(await expirePoints(swept)(input)), ...(await prunePoints({ ...swept, eraser })(input)) };
    },
  };
}
