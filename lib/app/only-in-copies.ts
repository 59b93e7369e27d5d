import pMap from "p-map";
import { copiesOf } from "#domain/copies.ts";
import { describeError } from "#domain/errors.ts";
import type { BackupId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import { isTrusted, type TrustedPoint } from "#domain/recovery-point.ts";
import { backupIds, type CatalogPorts, pointsOf, readEach } from "./catalog.ts";
import { inCopy, type OpenCopy, placeOfCopy } from "./open-copy.ts";

type Ports = CatalogPorts & { openCopy: OpenCopy; plan: Plan };
/** `onlyIn`: the copies that have it. */
export type PointInCopies = { point: TrustedPoint; onlyIn: string[] };

const LOOKS_AT_ONCE = 16;

/**
 * Verified points whose manifest is not in the repository any more and is in a copy, among the newest backups there: named, they
 * are what `start-restore` reads from that copy by itself. `unread`: copies that could not be looked at, and why.
 */
export async function pointsOnlyInCopies(
  ports: Ports,
  { source, newest }: { source?: string | undefined; newest: number },
): Promise<{ lost: PointInCopies[]; unread: string[] }> {
  const { repository, layout, plan } = ports;
  const found = new Map<string, PointInCopies>();
  const unread: string[] = [];
  const isGone = async (id: BackupId) => ((await repository.head(layout.manifest(id))) ? [] : [id]);
  for (const copy of Object.keys(plan.copies ?? {})) {
    try {
      const there = inCopy(ports, placeOfCopy(plan, copy));
      const newestThere = (await backupIds(there)).slice(0, newest);
      const ids = (await pMap(newestThere, isGone, { concurrency: LOOKS_AT_ONCE })).flat();
      const { points } = await readEach({ ids, read: (id) => pointsOf(there, id, source) });
      for (const point of points.filter(isTrusted)) {
        if (!copiesOf(plan.copies, point.source).includes(copy)) continue; // its manifest is there for another source's sake
        const name = `${point.backupId} ${point.source}`;
        found.set(name, { point, onlyIn: [...(found.get(name)?.onlyIn ?? []), copy] });
      }
    } catch (error) {
      unread.push(`${copy} could not be looked at: ${describeError(error).message}`);
    }
  }
  return { lost: [...found.values()], unread };
}
