import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import { allBackups, type CatalogPorts, readEach } from "./catalog.ts";
import type { Index } from "./point-index.ts";
import { createSigned } from "./signed-objects.ts";
import type { Answer } from "./start-backup.ts";

/** Reads every backup of the repository from its manifest, and writes down what there is, signed: a new index beside the older ones. */
export const indexPoints = (ports: CatalogPorts & { signer: Signer; clock: Clock }) => async (): Promise<Answer> => {
  const begunAt = ports.clock();
  const found = await readEach(await allBackups(ports));
  const index: Index = { schema: 1, begunAt, ...found };
  const key = ports.layout.index(begunAt);
  await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), JSON.stringify(index));
  return {
    verdict: `${found.points.length} points are in the index of ${begunAt.toISOString()}`,
    figures: { points: found.points.length, refused: found.refused },
    next: "Nothing. list-points and plan-retention look there first, and read from its manifest whatever has changed since.",
  };
};
