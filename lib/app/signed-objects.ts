import { SignatureInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { LARGEST_SIGNED_BYTES } from "#domain/manifest.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { SignatureCheck, Signer } from "#ports/keys.ts";
import type { Repository } from "#ports/repository.ts";

/**
 * Writes an object that counts only with its signature: the signature first, the object last and only where nothing
 * stands. The same bytes already there are success; other bytes give "differs", and nothing is overwritten.
 */
export async function createSigned(
  { repository, signer }: { repository: Repository; signer: Signer },
  key: string,
  signatureKey: (sha256: string) => string,
  body: string,
): Promise<"created" | "exists" | "differs"> {
  const bytes = new TextEncoder().encode(body);
  const hash = sha256(bytes);
  await repository.create(signatureKey(hash), await signer.sign(bytes));
  if ((await repository.create(key, bytes)) === "created") return "created";
  const there = await repository.read(key);
  return there && sha256(there) === hash ? "exists" : "differs";
}

/**
 * The bytes of a signed object, or undefined when it is not there. Throws `SignatureInvalid` for any other bytes than ours, and
 * `ManifestInvalid` for more than any of ours has.
 */
export async function readSigned(
  { repository, signatures }: { repository: Repository; signatures: SignatureCheck },
  key: string,
  signatureKey: (sha256: string) => string,
): Promise<Uint8Array | undefined> {
  const bytes = await repository.read(key, LARGEST_SIGNED_BYTES);
  if (!bytes) return undefined;
  const signature = await repository.read(signatureKey(sha256(bytes)));
  if (!signature || !(await signatures.isSignedByUs(bytes, signature)))
    throw new SignatureInvalid(
      `${key} is not signed by this stage's key: it was changed after it was written, or is a stranger's`,
    );
  return bytes;
}

/** The same for a proof or evidence, where a signature that is missing or wrong means that there is none: undefined. */
export async function readSignedProof(
  ports: { repository: Repository; signatures: SignatureCheck; layout: RepositoryLayout },
  key: string,
): Promise<Uint8Array | undefined> {
  try {
    return await readSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash));
  } catch (error) {
    if (error instanceof SignatureInvalid) return undefined;
    throw error;
  }
}
