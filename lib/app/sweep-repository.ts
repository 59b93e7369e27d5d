import type { BackupId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import { placeOf } from "#domain/repository-key.ts";
import { judgeHistory, type Tampering } from "#domain/tampering.ts";
import type { Log } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import { settleAlarms } from "./alarm-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { expectations } from "./expectations.ts";
import { askForDigests } from "./gather-flood.ts";
import { raiseTampering } from "./raise-tampering.ts";
import type { Answer } from "./start-backup.ts";

const NAMED_AT_MOST = 20;

type Ports = CatalogPorts & {
  stage: string;
  plan: Plan;
  bucket: string;
  events: Events;
  log: Log;
  clock: () => Date;
  check: (created: { bucket: string; key: string }) => Promise<unknown>;
};

/**
 * Looks at everything that the bucket keeps, for what lost events have missed: tampering is told, and a committed backup that
 * nobody has verified although it is older than `lostAfterMinutes` is checked now, which starts its verification once.
 */
export const sweepRepository =
  (ports: Ports) =>
  async ({ lostAfterMinutes }: { lostAfterMinutes: number }): Promise<Answer> => {
    const expect = expectations(ports);
    const now = ports.clock();
    const found: Tampering[] = [];
    const committed = new Map<BackupId, { key: string; at: Date }>();
    let keys = 0;
    for await (const history of ports.repository.histories(ports.layout.everything)) {
      keys++;
      found.push(...judgeHistory(history, await expect(history.key), now));
      const place = placeOf(ports.stage, history.key);
      const first = history.versions.at(-1);
      if (place?.kind === "manifest" && first) committed.set(place.backupId, { key: history.key, at: first.at });
      if (place?.kind === "proof") committed.delete(place.backupId); // `proofs/` comes after `manifest.json`
    }
    const lostBefore = now.getTime() - lostAfterMinutes * 60_000;
    const lost = [...committed].filter(([, { at }]) => at.getTime() <= lostBefore);
    for (const [backupId, { key }] of lost) {
      ports.log.info(`${backupId} is committed and nobody has verified it: checking it now`, { backupId });
      await ports.check({ bucket: ports.bucket, key });
    }
    const problems = await raiseTampering(ports, found);
    await settleAlarms(ports);
    await askForDigests(ports);
    return {
      verdict:
        found.length === 0
          ? `Nobody has written over, hidden or put anything among ${keys} objects`
          : `The repository was tampered with: ${found.length} findings`,
      figures: {
        objects: keys,
        problems,
        tampering: found.slice(0, NAMED_AT_MOST).map(({ key, what, versionId }) => `${key} ${what} ${versionId ?? ""}`),
        checkedLate: lost.map(([backupId]) => backupId),
      },
      next:
        found.length === 0
          ? "Nothing."
          : "docs/runbooks/RepositoryTampered.md; restores go on reading the first versions.",
    };
  };
