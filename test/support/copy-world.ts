import { z } from "zod";
import { copyPoint } from "#app/copy-point.ts";
import { planCopy } from "#app/plan-copy.ts";
import { readBack } from "#app/read-back.ts";
import type { BackupId } from "#domain/ids.ts";
import type { Copier } from "#ports/copier.ts";
import { memoryWorld } from "./memory-world.ts";
import { retentionWorld } from "./retention-world.ts";

/** A stage whose points of `app-db` are copied to `offsite`: two buckets in memory, and the states of the machine. */
export function copyWorld() {
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
  const plan = { ...world.ports.plan, copies: { offsite: { ...place, sources: ["app-db"] } } };
  const copies = { offsite: { repository: there.ports.repository, copier } };
  const openCopy = () => there.ports.repository;
  const ports = { ...world.ports, plan, copies, openCopy, restoreOptions: { postgresql: z.unknown() } };
  const planned = (input: object = {}) =>
    planCopy(ports)({ input: { again: false, deep: false, ...input }, execution: { name: "x" } });
  return {
    ...world,
    ports,
    there,
    copied,
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
  };
}
