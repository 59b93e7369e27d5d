import pMap from "p-map";
import { SweepId } from "#domain/expiry.ts";
import { type Hold, isHeld } from "#domain/hold.ts";
import { BackupId } from "#domain/ids.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import { pointsOf } from "./catalog.ts";
import { readExpiries } from "./read-expiries.ts";
import { namedIn, type SweptPorts } from "./swept-place.ts";
import { writeExpiry } from "./write-expiry.ts";

type Ports = SweptPorts & { signer: Signer; clock: Clock };

const READS_AT_ONCE = 16;

/** Brings back what a new hold covers and an earlier sweep has let go of, unless deleting it has begun. */
export async function keepAgain(ports: Ports, hold: Hold): Promise<string[]> {
  const folders = await ports.repository.folders(ports.layout.everythingExpired);
  const ids = folders.flatMap((name) => BackupId.safeParse(name).data ?? []);
  const covered = ids.filter((id) => hold.scope.backupId === undefined || hold.scope.backupId === id);
  const kept = await pMap(covered, (id) => keepBackup(ports, hold, id), { concurrency: READS_AT_ONCE });
  return kept.flat();
}

async function keepBackup(ports: Ports, hold: Hold, backupId: BackupId): Promise<string[]> {
  if (![...(await readExpiries(ports, backupId)).values()].some(({ step }) => step === "expired")) return [];
  const kept: string[] = [];
  for (const point of (await pointsOf(ports, backupId)).points) {
    if (point.proof !== "expired" || !isHeld(hold, point, new Date(hold.heldAt))) continue;
    const { source } = point;
    const because = `held by ${hold.holdId}: ${hold.why}`;
    const sweep = SweepId.parse(hold.holdId);
    await writeExpiry(ports, { schema: 1, step: "kept", backupId, source, sweep, at: hold.heldAt, because });
    kept.push(namedIn(ports, point));
  }
  return kept;
}
