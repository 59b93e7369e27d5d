import pMap from "p-map";
import { DroppedState, Evidence } from "#domain/evidence.ts";
import { RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readSignedProof } from "./signed-objects.ts";

/** As many of the newest restores as are looked through for what holdfast put into a target. */
const LOOK_BACK = 100;

/** The evidence of earlier restores into a target, newest first. */
export const readEvidence = async (ports: CatalogPorts, target: string): Promise<Evidence[]> =>
  (await readAllEvidence(ports)).filter((evidence) => evidence.target === target);

/** The evidence of the newest restores, newest first. What is not signed by us is no evidence, and makes nothing ours. */
export async function readAllEvidence(ports: CatalogPorts): Promise<Evidence[]> {
  const { repository, layout } = ports;
  const ids = (await repository.folders(layout.restores)).flatMap((name) => RestoreId.safeParse(name).data ?? []);
  const newest = ids.toSorted().reverse().slice(0, LOOK_BACK);
  const read = await pMap(
    newest,
    async (id) => {
      const key = layout.evidence(id);
      const bytes = await readSignedProof(ports, key);
      return bytes ? [parseJson(bytes, Evidence, key)] : [];
    },
    { concurrency: 8 },
  );
  return read.flat();
}

/** When what a restore had kept was dropped, if it was. */
export async function readDropped(ports: CatalogPorts, id: RestoreId): Promise<DroppedState | undefined> {
  const key = ports.layout.dropped(id);
  const bytes = await readSignedProof(ports, key);
  return bytes && parseJson(bytes, DroppedState, key);
}
