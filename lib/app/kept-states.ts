import { Evidence, Rollback } from "#domain/evidence.ts";
import { RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readDropped } from "./read-evidence.ts";
import { readSignedProof } from "./signed-objects.ts";

/** `since`: when it was put aside. `what`: in words. */
export type KeptState = { restoreId: RestoreId; source: string; target: string; since: string; what: string };

/** What restores and rollbacks have kept, and nobody has dropped by us. It is asked of the evidence that we have signed. */
export async function keptStates(ports: CatalogPorts): Promise<KeptState[]> {
  const { repository, layout } = ports;
  const found: KeptState[] = [];
  for (const name of await repository.folders(layout.restores)) {
    const id = RestoreId.safeParse(name).data;
    if (id === undefined || (await readDropped(ports, id))) continue;
    const evidence = await readSignedProof(ports, layout.evidence(id));
    if (!evidence) continue;
    const rollback = await readSignedProof(ports, layout.rollback(id));
    const newest = rollback
      ? parseJson(rollback, Rollback, layout.rollback(id))
      : parseJson(evidence, Evidence, layout.evidence(id));
    const { restoreId, source, target, kept, finishedAt } = newest;
    const what = kept.map((one) => one.what).join(", ");
    if (kept.length > 0) found.push({ restoreId, source, target, since: finishedAt, what });
  }
  return found;
}
