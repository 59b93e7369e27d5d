import { createHash, verify } from "node:crypto";
import {
  DecryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  type KMSClient,
  KMSInvalidMacException,
  paginateListKeyRotations,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
  SignCommand,
  VerifyMacCommand,
} from "@aws-sdk/client-kms";
import { WrongKey } from "#domain/errors.ts";
import type { DataKeys, Seal, SignatureCheck, Signer, WrappingKey } from "#ports/keys.ts";

const base64 = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("base64");

export const kmsDataKeys = (kms: KMSClient, kmsKey: string): DataKeys => ({
  async generate(context) {
    const made = await kms.send(
      new GenerateDataKeyCommand({ KeyId: kmsKey, KeySpec: "AES_256", EncryptionContext: context }),
    );
    return {
      passphrase: base64(made.Plaintext),
      wrappedKey: { wrapped: base64(made.CiphertextBlob), kmsKey: made.KeyId ?? kmsKey, context },
    };
  },
  async unwrap({ wrapped, kmsKey: wrappedBy, context }) {
    try {
      const opened = await kms.send(
        new DecryptCommand({
          KeyId: wrappedBy,
          CiphertextBlob: Buffer.from(wrapped, "base64"),
          EncryptionContext: context,
        }),
      );
      return base64(opened.Plaintext);
    } catch (cause) {
      throw asWrongKey(cause, wrappedBy, context);
    }
  },
});

function asWrongKey(cause: unknown, wrappedBy: string, context: Record<string, string>): unknown {
  if (cause instanceof InvalidCiphertextException || cause instanceof IncorrectKeyException)
    return new WrongKey(`${wrappedBy} does not open this data key for ${JSON.stringify(context)}`, { cause });
  return cause;
}

export const kmsWrappingKey = (kms: KMSClient, kmsKey: string): WrappingKey => ({
  async rotate() {
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: kmsKey }));
  },
  async rotatedAt() {
    let newest = 0;
    for await (const { Rotations = [] } of paginateListKeyRotations({ client: kms }, { KeyId: kmsKey }))
      for (const { RotationDate } of Rotations) newest = Math.max(newest, RotationDate?.getTime() ?? 0);
    return newest === 0 ? undefined : new Date(newest);
  },
  async rewrap({ wrapped, kmsKey: wrappedBy, context }) {
    try {
      const again = await kms.send(
        new ReEncryptCommand({
          CiphertextBlob: Buffer.from(wrapped, "base64"),
          SourceKeyId: wrappedBy,
          SourceEncryptionContext: context,
          DestinationKeyId: kmsKey,
          DestinationEncryptionContext: context,
        }),
      );
      return { wrapped: base64(again.CiphertextBlob), kmsKey: again.KeyId ?? kmsKey, context };
    } catch (cause) {
      throw asWrongKey(cause, wrappedBy, context);
    }
  },
});

export const kmsSigner = (kms: KMSClient, signingKey: string): Signer => ({
  async sign(bytes) {
    const digest = createHash("sha256").update(bytes).digest();
    const signed = await kms.send(
      new SignCommand({ KeyId: signingKey, Message: digest, MessageType: "DIGEST", SigningAlgorithm: "ECDSA_SHA_256" }),
    );
    return signed.Signature ?? new Uint8Array();
  },
});

const MAC = { MacAlgorithm: "HMAC_SHA_256" } as const;

export const kmsSeal = (kms: KMSClient, KeyId: string): Seal => ({
  async seal(text) {
    return (await kms.send(new GenerateMacCommand({ ...MAC, KeyId, Message: text }))).Mac ?? new Uint8Array();
  },
  async isOurs(text, seal) {
    try {
      return (await kms.send(new VerifyMacCommand({ ...MAC, KeyId, Message: text, Mac: seal }))).MacValid === true;
    } catch (error) {
      if (error instanceof KMSInvalidMacException) return false;
      throw error;
    }
  },
});

/** Asks KMS for the public key once; a fingerprint pinned in the plan decides whether that is the right one. */
export function kmsSignatureCheck(kms: KMSClient, signingKey: string, pinned: string | undefined): SignatureCheck {
  let asked: Promise<Buffer> | undefined;
  const publicKey = () => {
    asked ??= kms
      .send(new GetPublicKeyCommand({ KeyId: signingKey }))
      .then(({ PublicKey }) => Buffer.from(PublicKey ?? []));
    return asked;
  };
  const fingerprint = async () =>
    createHash("sha256")
      .update(await publicKey())
      .digest("hex");
  return {
    fingerprint,
    async isSignedByUs(bytes, signature) {
      if (pinned !== undefined && (await fingerprint()) !== pinned) return false;
      return verify("sha256", bytes, { key: await publicKey(), format: "der", type: "spki" }, signature);
    },
  };
}
