import type { Input, Output } from "./commands.ts";

/** Compresses, then encrypts: what goes in is plaintext, what comes out may be stored anywhere. */
export interface Sealing {
  /** `escrow`: an armored OpenPGP public key that opens it too. `compression`: a level of zstd. */
  seal(
    how: { passphrase: string; escrow: string | undefined; compression: number },
    signal: AbortSignal,
  ): { input: Input["stream"]; output: Output };
  /** The other way round. Throws `WrongKey` at its end when the passphrase is not the one, without a byte of plaintext. */
  unseal(passphrase: string, signal: AbortSignal): { input: Input["stream"]; output: Output };
}
