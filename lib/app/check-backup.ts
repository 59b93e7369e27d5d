import pMap from "p-map";
import { BackupId, isSafety } from "#domain/ids.ts";
import { backupIdOfManifestKey } from "#domain/repository-layout.ts";
import type { RunLog } from "#ports/log.ts";
import type { Machines } from "#ports/messaging.ts";
import { type CatalogPorts, isUnbelievable, readManifest } from "./catalog.ts";
import { checkArtifact } from "./check-artifact.ts";
import { readExpiries } from "./read-expiries.ts";

type Ports = CatalogPorts & { stage: string; bucket: string; machines: Machines; verifyMachine: string; log: RunLog };
export type CheckResult = { ignored: string } | { backupId: BackupId; wrong: Record<string, string[]>; verify: string };

/**
 * A new manifest: its signature, and every artifact with its size, part count and checksum, within seconds. What is found
 * is handed to the verify machine, whose name makes a second event of the same manifest change nothing.
 */
export const checkBackup =
  (ports: Ports) =>
  async (created: { bucket: string; key: string }): Promise<CheckResult> => {
    const id = BackupId.safeParse(backupIdOfManifestKey(ports.stage, created.key));
    if (created.bucket !== ports.bucket || !id.success)
      return ignore(ports, `${created.bucket}/${created.key} is no manifest of this stage`);
    const backupId = id.data;
    ports.log.belongsTo(backupId);
    const { wrong, reason } = await findWrong(ports, backupId);
    const isWhole = reason === undefined && Object.keys(wrong).length === 0;
    ports.log.info(isWhole ? `${backupId} is whole` : `${backupId} is not whole`, { backupId, wrong, reason });
    // whoever takes a safety point waits for its verification, and so starts it
    if (isWhole && isSafety(backupId)) return { backupId, wrong, verify: "left to the restore" };
    const input = { backupId, ...(Object.keys(wrong).length > 0 ? { wrong } : {}) };
    const { isNew } = await ports.machines.start(ports.verifyMachine, backupId, input);
    return { backupId, wrong, verify: isNew ? "started" : "already started" };
  };

function ignore({ log }: Ports, reason: string) {
  log.error(`ignored: ${reason}`);
  return { ignored: reason };
}

/** A manifest that can't be believed is left to the verify machine, which fails on it. */
async function findWrong(
  ports: Ports,
  backupId: BackupId,
): Promise<{ wrong: Record<string, string[]>; reason?: string }> {
  let found: Awaited<ReturnType<typeof readManifest>>;
  try {
    found = await readManifest(ports, backupId);
  } catch (error) {
    if (!isUnbelievable(error)) throw error;
    return { wrong: {}, reason: error.name };
  }
  if (!found) return { wrong: {}, reason: "there is no manifest any more" };
  const wrong: Record<string, string[]> = {};
  const letGo = await readExpiries(ports, backupId);
  for (const [source, { artifacts }] of Object.entries(found.manifest.components)) {
    if (letGo.has(source)) continue; // deleted by retention is not missing
    const problems = (
      await pMap(artifacts, (artifact) => checkArtifact(ports.repository, artifact), { concurrency: 8 })
    ).flat();
    if (problems.length > 0) wrong[source] = problems;
  }
  return { wrong };
}
