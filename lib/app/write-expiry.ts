import type { Expiry, Pruning } from "#domain/expiry.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import { noteChange } from "./point-index.ts";
import { createSigned } from "./signed-objects.ts";
import type { SweptPorts } from "./swept-place.ts";

/** Writes down what a sweep says of a point. What it has said already stays as it was. */
export async function writeExpiry(
  ports: SweptPorts & { signer: Signer; clock: Clock },
  word: Expiry | Pruning,
): Promise<void> {
  const key = ports.layout.expiry(word.backupId, word.source, word.sweep, word.step);
  const body = `${JSON.stringify(word, null, 2)}\n`;
  if (!ports.home) await noteChange(ports, word.backupId); // copies have no index
  await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body);
}
