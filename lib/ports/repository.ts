import type { Archived } from "#domain/archive.ts";
import type { ObjectHistory } from "#domain/tampering.ts";

/** What S3 says of an object. */
export type StoredObject = {
  bytes: number;
  versionId: string | undefined;
  /** Composite SHA-256, `<base64>-<parts>`, as S3 keeps it; undefined for an object without one. */
  compositeSha256: string | undefined;
  /** Where its bytes lie in an archive, and can't be read before they are thawed. */
  archived?: Archived | undefined;
};

/**
 * The bucket. A read that could not be made throws; `undefined` always means "there is no such object". Everything is
 * written once and deleted by nobody, so a delete marker hides nothing here: the first version is read below it.
 */
export interface Repository {
  /** Throws `ManifestInvalid` where there are more than `mostBytes`, and has read none of them into memory. */
  read(key: string, mostBytes?: number): Promise<Uint8Array | undefined>;
  /**
   * Bytes `start` to `end`, both included; fewer where the object is shorter. `ArtifactMissing` when it is not there, `ArtifactArchived`
   * when it would have to be thawed first. Of
   * `versionId` where the bucket still has it: a copy of the repository has other ones.
   */
  readRange(
    key: string,
    range: { start: number; end: number; versionId?: string | undefined },
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  head(key: string, versionId?: string): Promise<StoredObject | undefined>;
  /** Conditional: writes only where nothing stands. Never overwrites. */
  create(key: string, body: Uint8Array | string): Promise<"created" | "exists">;
  /** Every key below the prefix, in order. */
  list(prefix: string): AsyncIterable<string>;
  /** Every key below the prefix with all that was ever stored under it, in order. */
  histories(prefix: string): AsyncIterable<ObjectHistory>;
  /** All that was ever stored under this very key. */
  history(key: string): Promise<ObjectHistory | undefined>;
  /** The names of the "folders" right below the prefix, in order, without their slash. */
  folders(prefix: string): Promise<string[]>;
}

/** One multipart upload. Nothing is visible under its key before `complete`. */
export interface Upload {
  /** Parts may be sent in parallel; `number` counts from 1. S3 refuses bytes that do not match the SHA-256 (base64). */
  part(number: number, bytes: Uint8Array, sha256: string): Promise<void>;
  /** Conditional (`If-None-Match: *`). `compositeSha256` is what S3 must come to as well. */
  complete(
    parts: { number: number; sha256: string }[],
    compositeSha256: string,
  ): Promise<{ versionId: string | undefined }>;
  /** Idempotent; afterwards no part is kept. */
  abort(): Promise<void>;
}

export interface Uploads {
  begin(key: string, signal: AbortSignal): Promise<Upload>;
}
