import { Expiry, type SweepId } from "#domain/expiry.ts";
import type { BackupId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import { expiryOfKey, type RepositoryLayout } from "#domain/repository-layout.ts";
import type { SignatureCheck } from "#ports/keys.ts";
import type { Repository } from "#ports/repository.ts";
import { readSignedProof } from "./signed-objects.ts";

type Ports = { repository: Repository; layout: RepositoryLayout; signatures: SignatureCheck };
/** A source's point that retention has let go of. */
export type LetGo = { step: "expired" | "pruning" | "pruned"; sweep: SweepId; at: Date; because: string };

const Said = Expiry.loose();

/**
 * Of a backup the sources whose points are let go of, by the newest word of a sweep about each. Words that are not signed by us
 * do not count: nobody else can make a point go.
 */
export async function readExpiries(ports: Ports, backupId: BackupId): Promise<Map<string, LetGo>> {
  const found = new Map<string, LetGo>();
  for await (const key of ports.repository.list(ports.layout.expiries(backupId))) {
    const word = expiryOfKey(key); // keys come in order: of a source the oldest sweep first
    const isGoing = found.get(word?.source ?? "")?.step.startsWith("prun");
    if (!word || word.step === "orphans" || (isGoing && word.step !== "pruned")) continue;
    const bytes = await readSignedProof(ports, key);
    const said = bytes && parseJson(bytes, Said, key);
    if (said?.backupId !== backupId || said.source !== word.source || said.step !== word.step) continue; // copied from elsewhere
    const { step, sweep } = word;
    if (step === "kept") found.delete(word.source);
    else found.set(word.source, { step, sweep, at: new Date(said.at), because: said.because });
  }
  return found;
}
