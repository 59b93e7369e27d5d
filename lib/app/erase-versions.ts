import pMap from "p-map";
import { Pruning, type SweepId } from "#domain/expiry.ts";
import { isHeld } from "#domain/hold.ts";
import type { BackupId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import { wrappedKeyOfKey } from "#domain/repository-layout.ts";
import type { Eraser } from "#ports/eraser.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Audit } from "./audit-log.ts";
import { readHolds } from "./read-holds.ts";
import { readSignedProof } from "./signed-objects.ts";
import { namedIn, type SweptPorts } from "./swept-place.ts";
import { writeExpiry } from "./write-expiry.ts";

const AT_ONCE = { concurrency: 16 };

export type ErasePorts = SweptPorts & { signer: Signer; eraser: Eraser; audit: Audit; clock: Clock };
type Wanted = {
  point: { backupId: BackupId; source: string; recoveredTo: Date };
  step: "pruning" | "orphans";
  keys: string[];
  because: string;
  sweep: SweepId;
  call: string;
};

/**
 * Deletes every version of these keys, data keys last, and nothing that is not written down before: the record names each
 * version, so that any other deletion is somebody else's. Answers why it waits, when a hold or a lock keeps something.
 */
export async function eraseVersions(ports: ErasePorts, wanted: Wanted): Promise<string | undefined> {
  const { point, step, because, sweep, call } = wanted;
  const begun = await readIntended(ports, wanted);
  const intended = begun ?? (await versionsOf(ports, wanted.keys));
  const locks = await pMap(intended, ({ key, versionId }) => ports.eraser.lockOn(key, versionId), AT_ONCE);
  const lock = locks.find((one) => one !== undefined);
  if (lock !== undefined) return lock; // of a point all goes, or nothing yet
  const hold = (await readHolds(ports.home ?? ports)).find((one) => isHeld(one, point, ports.clock())); // at the last moment
  if (hold) return `held by ${hold.holdId}: ${hold.why}`;
  const { backupId, source } = point;
  const word = { schema: 1 as const, backupId, source, sweep, at: ports.clock().toISOString(), because };
  if (!begun) await writeExpiry(ports, { ...word, step, versions: intended });
  const deed = { who: { claimed: null, call }, to: namedIn(ports, point), because };
  const what = step === "pruning" ? ("prune" as const) : ("prune orphans" as const);
  await ports.audit({ ...deed, what, outcome: `${begun ? "goes on" : "begins"}: ${intended.length} versions` });
  const [rest, dataKeys] = [intended.filter(isNoDataKey), intended.filter((one) => !isNoDataKey(one))];
  for (const some of [rest, dataKeys])
    await pMap(some, ({ key, versionId }) => ports.eraser.erase(key, versionId), AT_ONCE);
  if (step === "pruning") await writeExpiry(ports, { ...word, step: "pruned" });
  await ports.audit({ ...deed, what, outcome: `deleted: ${intended.length} versions` });
  return undefined;
}

const isNoDataKey = ({ key }: { key: string }) => wrappedKeyOfKey(key) === undefined;

/** What the same sweep has written down before it was cut off. */
async function readIntended(ports: ErasePorts, { point, step, sweep }: Wanted) {
  const key = ports.layout.expiry(point.backupId, point.source, sweep, step);
  const bytes = await readSignedProof(ports, key);
  return bytes && parseJson(bytes, Pruning, key).versions;
}

async function versionsOf({ repository }: ErasePorts, keys: string[]) {
  const versionsOfKey = async (key: string) => {
    const { versions = [], markers = [] } = (await repository.history(key)) ?? {};
    return [...versions, ...markers].map(({ versionId }) => ({ key, versionId }));
  };
  return (await pMap(keys, versionsOfKey, AT_ONCE)).flat();
}
