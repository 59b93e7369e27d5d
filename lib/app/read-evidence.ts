import pMap from "p-map";
import { Evidence } from "#domain/evidence.ts";
import { RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readSigned } from "./signed-objects.ts";

/** As many of the newest restores as are looked through for what holdfast put into a target. */
const LOOK_BACK = 100;

/** The evidence of earlier restores into a target, newest first. Unsigned or forged evidence makes nothing ours: it throws. */
export async function readEvidence(
  { repository, layout, signatures }: CatalogPorts,
  target: string,
): Promise<Evidence[]> {
  const ids = (await repository.folders(layout.restores)).flatMap((name) => RestoreId.safeParse(name).data ?? []);
  const newest = ids.toSorted().reverse().slice(0, LOOK_BACK);
  const read = await pMap(
    newest,
    async (id) => {
      const key = layout.evidence(id);
      const bytes = await readSigned({ repository, signatures }, key, (hash) => layout.proofSignature(key, hash));
      return bytes ? [parseJson(bytes, Evidence, key)] : [];
    },
    { concurrency: 8 },
  );
  return read.flat().filter((evidence) => evidence.target === target);
}
