import { placeOf } from "#domain/repository-key.ts";
import { judgeHistory, type Tampering } from "#domain/tampering.ts";
import type { Clock, Log } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { CatalogPorts } from "./catalog.ts";
import { expectations } from "./expectations.ts";
import { isIntendedPrune } from "./intended-prune.ts";
import { raiseTampering } from "./raise-tampering.ts";

type Ports = CatalogPorts & { stage: string; bucket: string; events: Events; log: Log; clock: Clock };
export type ObjectChange = {
  bucket: string;
  key: string;
  /** Of the version that came or went. */
  versionId: string | undefined;
  at: Date;
  /** A version was taken away and can't be had back; a delete marker is found in the object's history. */
  isDeletedForGood: boolean;
  /** By S3 itself, since a rule of the bucket says so. */
  isByRule: boolean;
  who: string;
};

/**
 * An object was created or deleted. The bucket is asked what really stands there, so that events may come twice, late or in
 * any order.
 */
export const noticeTampering =
  (ports: Ports) =>
  async (change: ObjectChange): Promise<{ problems: number }> => {
    const { stage, bucket, repository, log } = ports;
    if (change.bucket !== bucket || !change.key.startsWith(`${stage}/`)) {
      log.error(`ignored: ${change.bucket}/${change.key} is not of this stage`);
      return { problems: 0 };
    }
    if (change.isByRule && placeOf(stage, change.key)?.kind === "run") return { problems: 0 };
    const history = await repository.history(change.key);
    const found = history ? judgeHistory(history, await expectations(ports)(change.key), ports.clock()) : [];
    const isOurs = change.isDeletedForGood && (await isIntendedPrune(ports, change));
    const tamperings: Tampering[] = change.isDeletedForGood && !isOurs ? [deletedForGood(change), ...found] : found;
    if (tamperings.length === 0) return { problems: 0 };
    log.error("the repository was tampered with", { tamperings, who: change.who });
    return { problems: await raiseTampering(ports, tamperings, change.who) };
  };

const deletedForGood = ({ key, at }: ObjectChange): Tampering => ({
  kind: "deleted",
  key,
  at,
  versionId: undefined,
  what: "has lost a version for good",
});
