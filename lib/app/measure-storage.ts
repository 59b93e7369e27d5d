import type { Plan } from "#domain/plan.ts";
import { rulesOf } from "#domain/retention-rules.ts";
import { addedTo, type ByClass, bytesIn30Days, ownerOf } from "#domain/storage.ts";
import type { Inventory } from "#ports/inventory.ts";
import { allBackups, type CatalogPorts, readEach } from "./catalog.ts";
import { standing } from "./judge-retention.ts";
import { readHolds } from "./read-holds.ts";

/** `added`, `foretold`: bytes of points that came in the last 30 days, and that there will be 30 days from now. */
export type SourceStorage = { source: string; classes: ByClass; points: number; added: number; foretold: number };

/** What each source really takes in the bucket, and what becomes of it, as retention will decide. The largest first. */
export async function measureStorage(
  ports: CatalogPorts & { inventory: Inventory; plan: Plan; stage: string },
  now: Date,
): Promise<SourceStorage[]> {
  const owners = new Map<string, ByClass>();
  for await (const { key, bytes, storageClass } of ports.inventory.versions(ports.layout.everything)) {
    const owner = ownerOf(ports.stage, key);
    const classes = owners.get(owner) ?? {};
    classes[storageClass] = (classes[storageClass] ?? 0) + bytes;
    owners.set(owner, classes);
  }
  const holds = await readHolds(ports);
  const points = Map.groupBy(
    (await readEach(await allBackups(ports))).points.flatMap(standing),
    ({ source }) => source,
  );
  const measured = [...owners].map(([source, classes]) => {
    const its = points.get(source) ?? [];
    const policy = rulesOf(ports.plan, source)?.policy;
    const foretold = bytesIn30Days(its, policy && { policy, holds }, now);
    return { source, classes, points: its.length, added: addedTo(its, now), foretold };
  });
  const size = ({ classes }: SourceStorage) => Object.values(classes).reduce((sum, bytes) => sum + bytes, 0);
  return measured.toSorted((a, b) => size(b) - size(a));
}
