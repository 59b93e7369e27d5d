import { Expiry } from "#domain/expiry.ts";
import type { BackupId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import { expiryOfKey } from "#domain/repository-layout.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readSignedProof } from "./signed-objects.ts";

/** A source's point that retention has let go of. `isPruned`: deleting it has begun. */
export type LetGo = { isPruned: boolean; at: Date; because: string };

const Said = Expiry.loose();

/**
 * Of a backup the sources whose points are let go of, by the newest word of a sweep about each. Words that are not signed by us
 * do not count: nobody else can make a point go.
 */
export async function readExpiries(ports: CatalogPorts, backupId: BackupId): Promise<Map<string, LetGo>> {
  const found = new Map<string, LetGo>();
  for await (const key of ports.repository.list(ports.layout.expiries(backupId))) {
    const word = expiryOfKey(key); // keys come in order: of a source the oldest sweep first
    if (!word || found.get(word.source)?.isPruned) continue;
    const bytes = await readSignedProof(ports, key);
    const said = bytes && parseJson(bytes, Said, key);
    if (said?.backupId !== backupId || said.source !== word.source || said.step !== word.step) continue; // copied from elsewhere
    if (word.step === "kept") found.delete(word.source);
    else found.set(word.source, { isPruned: word.step !== "expired", at: new Date(said.at), because: said.because });
  }
  return found;
}
