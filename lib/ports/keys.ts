/** A data key as it is stored: only KMS opens it, and only with the same context. */
export type WrappedKey = { wrapped: string; kmsKey: string; context: Record<string, string> };

export interface DataKeys {
  /** A new random data key. `passphrase` is the base64 of its 32 bytes, as `aws kms decrypt` prints it. */
  generate(context: Record<string, string>): Promise<{ passphrase: string; wrappedKey: WrappedKey }>;
  /** Throws `WrongKey` when the key or the context is not the one it was made with. */
  unwrap(wrappedKey: WrappedKey): Promise<string>;
}

/** What data keys are wrapped by. Opens none. */
export interface WrappingKey {
  /** New material for what is wrapped from now on; what was wrapped before still opens. */
  rotate(): Promise<void>;
  /** When that last was, by itself or by hand; undefined when it never was. */
  rotatedAt(): Promise<Date | undefined>;
  /** The same data key, wrapped by the newest material. KMS does it inside. Throws `WrongKey`. */
  rewrap(wrappedKey: WrappedKey): Promise<WrappedKey>;
}

export interface Signer {
  /** An ECDSA signature (DER) of the SHA-256 of the bytes, as `openssl dgst -sha256 -verify` accepts it. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** A key that stays in KMS: what one role seals, another knows again. */
export interface Seal {
  seal(text: Uint8Array): Promise<Uint8Array>;
  isOurs(text: Uint8Array, seal: Uint8Array): Promise<boolean>;
}

export interface SignatureCheck {
  isSignedByUs(bytes: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** SHA-256 of the public key's DER, which a plan pins. */
  fingerprint(): Promise<string>;
}

/** Secrets Manager: a JSON object of strings, as RDS writes them. */
export interface Secrets {
  read(arn: string): Promise<Record<string, string>>;
}
