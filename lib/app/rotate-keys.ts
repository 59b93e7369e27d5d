import pMap from "p-map";
import { describeError, ManifestInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { BackupId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import { isTrusted } from "#domain/recovery-point.ts";
import { wrappedKeyOfKey } from "#domain/repository-layout.ts";
import type { RotateByHand } from "#events/by-hand.ts";
import type { WrappingKey } from "#ports/keys.ts";
import type { Clock, Log } from "#ports/log.ts";
import type { Machines } from "#ports/messaging.ts";
import type { Audit } from "./audit-log.ts";
import { type CatalogPorts, pointsOf } from "./catalog.ts";
import { WrappedKeyObject } from "./open-point.ts";
import type { Answer } from "./start-backup.ts";

/** Of the 15 minutes that a function has. */
const WORK_MS = 12 * 60_000;
const AT_ONCE = 16;
const NAMED_AT_MOST = 20;

type Ports = CatalogPorts & {
  wrappingKey: WrappingKey;
  audit: Audit;
  machines: Machines;
  verifyMachine: string;
  stage: string;
  clock: Clock;
  log: Log;
};
type Generation = { keyId: string; generation: number; at: Date };

/**
 * Wraps every data key anew that was wrapped before the wrapping key was last rotated, as a generation of its own: no artifact,
 * no manifest and no older generation is touched, and nobody sees a data key. `now` rotates the wrapping key first. The oldest
 * and the newest backup of which a key was rewrapped are read back by it. Goes on where an earlier call has ended.
 */
export const rotateKeys =
  (ports: Ports) =>
  async ({ now, because, requestedBy }: RotateByHand, callId: string): Promise<Answer> => {
    const { wrappingKey, clock, stage, log } = ports;
    const until = clock().getTime() + WORK_MS;
    if (now && because !== undefined) {
      const who = { claimed: requestedBy ?? null, call: callId };
      await ports.audit({ who, what: "rotate", to: "wrapping key", because, outcome: "asked of KMS" });
      await wrappingKey.rotate();
    }
    const rotatedAt = await wrappingKey.rotatedAt();
    if (!rotatedAt)
      return {
        verdict: "The wrapping key was never rotated: every data key is wrapped by the material that there is",
        figures: { rewrapped: 0 },
        next: "KMS rotates it every 90 days; this function then wraps the data keys anew, each Monday.",
      };
    const old = (await newestGenerations(ports)).filter(({ at }) => at.getTime() < rotatedAt.getTime());
    const rewrapped: string[] = [];
    const problems: string[] = [];
    const one = async (key: Generation) => {
      if (clock().getTime() > until) return;
      try {
        await rewrap(ports, key);
        rewrapped.push(key.keyId);
      } catch (error) {
        problems.push(`${key.keyId}: ${describeError(error).name}: ${describeError(error).message}`);
      }
    };
    await pMap(old, one, { concurrency: AT_ONCE });
    const proving = await startProving(ports, rewrapped.toSorted(), callId);
    const left = old.length - rewrapped.length;
    log.info(`${rewrapped.length} data keys are wrapped anew, ${left} are left`, { rotatedAt, problems, proving });
    return {
      verdict:
        left === 0
          ? `Every data key is wrapped by what the wrapping key became at ${rotatedAt.toISOString()}: ${rewrapped.length} were wrapped anew`
          : `${left} data keys are still wrapped as before ${rotatedAt.toISOString()}; ${rewrapped.length} were wrapped anew`,
      figures: { rotatedAt, rewrapped: rewrapped.length, left, problems: problems.slice(0, NAMED_AT_MOST), proving },
      next:
        left === 0
          ? "The verifications that were started open the oldest and the newest of them; an alarm tells if one fails. Copies: start the copy machine for a backup with again."
          : `The older generations still open. Go on: npx sls invoke --stage ${stage} -f rotate-keys -d '{}'`,
    };
  };

/** Of each data key; a generation's time is that of the version that was written first. */
async function newestGenerations({ repository, layout }: Ports): Promise<Generation[]> {
  const newest = new Map<string, Generation>();
  for await (const { key, versions } of repository.histories(layout.wrappedKeys())) {
    const found = wrappedKeyOfKey(key);
    const at = versions.at(-1)?.at;
    if (!found || !at || (newest.get(found.keyId)?.generation ?? 0) > found.generation) continue;
    newest.set(found.keyId, { ...found, at });
  }
  return [...newest.values()];
}

async function rewrap({ repository, layout, wrappingKey }: Ports, { keyId, generation }: Generation): Promise<void> {
  const key = layout.wrappedKey(keyId, generation);
  const bytes = await repository.read(key);
  if (!bytes) throw new ManifestInvalid(`${key} is not in the repository`);
  const wrapped = await wrappingKey.rewrap(parseJson(bytes, WrappedKeyObject, "wrapped key"));
  await repository.create(layout.wrappedKey(keyId, generation + 1), JSON.stringify(wrapped)); // there already: by another call
}

/** The oldest and the newest backup among these that have a verified point. */
async function startProving(ports: Ports, keyIds: string[], callId: string): Promise<BackupId[]> {
  const ids = [...new Set(keyIds.flatMap((keyId) => BackupId.safeParse(keyId.split(".")[0]).data ?? []))];
  const proving = new Set<BackupId>();
  for (const inOrder of [ids, ids.toReversed()])
    for (const id of inOrder) {
      if (!(await pointsOf(ports, id)).points.some(isTrusted)) continue;
      proving.add(id);
      break;
    }
  for (const backupId of proving) {
    const name = `rotated-${sha256(callId).slice(0, 8)}-${backupId}`.slice(0, 80); // of an execution: 80 characters at most
    await ports.machines.start(ports.verifyMachine, name, { backupId, again: true });
  }
  return [...proving];
}
