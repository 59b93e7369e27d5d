import { createHash } from "node:crypto";
import { CreateKeyCommand, SignCommand } from "@aws-sdk/client-kms";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { readCatalog } from "#app/catalog.ts";
import { sha256 } from "#domain/hashes.ts";
import type { BackupId } from "#domain/ids.ts";
import { memoryFrom } from "../support/memory.ts";
import { watchStage } from "./support/invariants.ts";
import { whileManifestEventsAreLost } from "./support/manifest-events.ts";
import { type Tampering, tampering } from "./support/tampering.ts";
import { openWorld, type World } from "./support/world.ts";

const HUGE_BYTES = 200e6;
/** What reading the catalog may take, a manifest of `HUGE_BYTES` in it or not. */
const MOST_MEBIBYTES = 100;

let world: World;
/** Committed, never verified. */
let backupId: BackupId;
let hand: Tampering;

beforeAll(async () => {
  world = await openWorld();
  await world.haveLatest();
  backupId = (await whileManifestEventsAreLost(world, () => world.backup(["sessions"]))).backupId;
});
beforeEach(async () => {
  hand = await tampering(world);
});
afterEach(() => hand.undo());
afterAll(() => world.client.clearMessages());

const edited = (manifest: Buffer) => Buffer.from(manifest.toString().replace('"limits"', '"limits" '));
const ofSchema = (schema: number) => (manifest: Buffer) =>
  Buffer.from(manifest.toString().replace('"schema": 1', `"schema": ${schema}`));

it.each([
  { what: "was edited", make: edited, signer: "nobody", error: "SignatureInvalid" },
  { what: "is signed by another key", make: edited, signer: "a stranger", error: "SignatureInvalid" },
  {
    what: "is not UTF-8",
    make: (manifest: Buffer) => Buffer.concat([manifest, Buffer.from([0xff])]),
    signer: "us",
    error: "ManifestInvalid",
  },
  { what: "has a schema from before the first", make: ofSchema(0), signer: "us", error: "ManifestInvalid" },
  { what: "has a schema that nobody knows yet", make: ofSchema(2), signer: "us", error: "ManifestInvalid" },
  {
    what: "has 200 MB, of which none is read into memory",
    make: () => Buffer.alloc(HUGE_BYTES),
    signer: "us",
    error: "ManifestInvalid",
  },
])("R4 O13 believes no manifest that $what", async ({ make, signer, error }) => {
  const key = world.layout.manifest(backupId);
  const forged = make(await hand.read(key));
  const watch = await watchStage(world);
  await whileManifestEventsAreLost(world, async () => {
    if (signer !== "nobody")
      await hand.put(world.layout.manifestSignature(backupId, sha256(forged)), await signedBy(signer, forged));
    await hand.put(key, forged);
  });

  const memory = memoryFrom();
  const { points, refused } = await readCatalog(world.client.catalog);
  const grownMebibytes = memory.grownMebibytes();
  const verification = await world.client.run("verify", { backupId });
  const restore = await world.client.run("restore", { source: "sessions", backupId });

  expect(grownMebibytes).toBeLessThan(MOST_MEBIBYTES);
  expect(points.map((point) => point.backupId)).not.toContain(backupId);
  expect(refused).toContainEqual({ backupId, reason: expect.stringContaining(error) });
  expect(verification).toMatchObject({ status: "FAILED", error });
  expect(restore).toMatchObject({ status: "FAILED", error: "NoSuchPoint" });
  await watch.expectInvariants({ failed: [verification, restore], notGood: [{ source: "sessions", backupId }] });
});

it("R5 makes no point of artifacts that have no manifest", async () => {
  await hand.remove(world.layout.manifest(backupId));
  const watch = await watchStage(world);

  const { points, refused } = await readCatalog(world.client.catalog);
  const verification = await world.client.run("verify", { backupId });

  expect([...points, ...refused].map((found) => found.backupId)).not.toContain(backupId);
  expect(verification).toMatchObject({ status: "FAILED", error: "NoSuchPoint" });
  await watch.expectInvariants({ failed: [verification], notGood: [{ source: "sessions", backupId }] });
});

async function signedBy(signer: string, bytes: Buffer): Promise<Uint8Array> {
  const ours = world.stage.outputs["SigningKeyArn"] ?? "";
  const spec = { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" } as const;
  const KeyId = signer === "us" ? ours : (await world.kms.send(new CreateKeyCommand(spec))).KeyMetadata?.KeyId;
  const digest = createHash("sha256").update(bytes).digest();
  const request = { KeyId, Message: digest, MessageType: "DIGEST", SigningAlgorithm: "ECDSA_SHA_256" } as const;
  return (await world.kms.send(new SignCommand(request))).Signature ?? new Uint8Array();
}
