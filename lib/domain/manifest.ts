import { z } from "zod";
import { Artifact, Sha256 } from "./artifact.ts";
import { ManifestInvalid } from "./errors.ts";
import { Facts } from "./facts.ts";
import { RanHooks } from "./hooks.ts";
import { BackupId } from "./ids.ts";
import { DEEPEST, isNestedTooDeeply } from "./nesting.ts";
import type { Captured } from "./outcome.ts";

/** One source's recovery point in a manifest. `file` and `size` are what InferShield's operators know (IS-11). */
export const Component = z.strictObject({
  /** The first artifact's name. */
  file: z.string(),
  /** Stored bytes of all artifacts. */
  size: z.int().positive(),
  engine: z.string(),
  recoveredTo: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  keyId: z.string(),
  artifacts: z.array(Artifact).min(1),
  toolVersions: z.record(z.string(), z.string()),
  facts: Facts.optional(),
  limits: z.array(z.string()),
  /** What the plan's hooks did around the capture, in this order. */
  hooks: RanHooks.optional(),
});
export type Component = z.infer<typeof Component>;

/** The version of this shape. Readers refuse what they do not know. */
export const MANIFEST_SCHEMA = 1;

/**
 * More is written into no manifest, and read of no signed object: 20,000 databases take 18 MiB, and 32 MiB are read and parsed
 * in half of the memory that the smallest function has.
 */
export const LARGEST_SIGNED_BYTES = 32 * 1024 * 1024;

export const Manifest = z.strictObject({
  schema: z.literal(MANIFEST_SCHEMA),
  backupId: BackupId,
  stage: z.string(),
  timestamp: z.iso.datetime(),
  /** Of holdfast. */
  version: z.string(),
  outcome: z.enum(["COMPLETE", "PARTIAL"]),
  components: z.record(z.string(), Component),
  /** Sources of the run that have no recovery point in it, and why. */
  failed: z.record(z.string(), z.string()),
  restoreGuideSha256: Sha256,
});
export type Manifest = z.infer<typeof Manifest>;

/** Throws `ManifestInvalid` with every problem and its path. */
export function parseManifest(bytes: Uint8Array): Manifest {
  return parseJson(bytes, Manifest, "manifest");
}

/** Decodes strictly: bytes that are not UTF-8, not JSON or not of this shape are `ManifestInvalid`. */
export function parseJson<T>(bytes: Uint8Array, schema: z.ZodType<T>, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ManifestInvalid(`The ${what} is not JSON in UTF-8`, { cause });
  }
  if (isNestedTooDeeply(value)) throw new ManifestInvalid(`The ${what} is nested deeper than ${DEEPEST} levels`);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ManifestInvalid(`The ${what} breaks its schema:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

export const componentOf = (captured: Captured): Component => ({
  file: captured.artifacts[0]?.key.split("/").at(-1) ?? "",
  size: captured.artifacts.reduce((sum, { bytes }) => sum + bytes, 0),
  engine: captured.engine,
  recoveredTo: captured.recoveredTo,
  startedAt: captured.startedAt,
  finishedAt: captured.finishedAt,
  keyId: captured.keyId,
  artifacts: captured.artifacts,
  toolVersions: captured.toolVersions,
  ...(captured.facts ? { facts: captured.facts } : {}),
  limits: captured.limits,
});
