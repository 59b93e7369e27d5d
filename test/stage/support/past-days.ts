import { kmsSigner } from "#adapters/aws/keys.ts";
import { createSigned } from "#app/signed-objects.ts";
import { sha256 } from "#domain/hashes.ts";
import { type BackupId, scheduledBackupId } from "#domain/ids.ts";
import type { Component } from "#domain/manifest.ts";
import { whileManifestEventsAreLost } from "./manifest-events.ts";
import type { Tampering } from "./tampering.ts";
import type { SourceName, World } from "./world.ts";

const DAY_MS = 24 * 3600 * 1000;

/**
 * As if a source had been backed up on each of the last days, too: verified points, signed by the stage's key, like one that is
 * there. `forget` takes them away again.
 */
export async function pastDays(
  world: World,
  hand: Tampering,
  {
    source,
    like,
    days,
    change = (same) => same,
  }: { source: SourceName; like: BackupId; days: number; change?: (component: Component) => Component },
): Promise<{ forget: () => Promise<void> }> {
  const { client, layout, stage, kms } = world;
  const ports = { ...client.catalog, signer: kmsSigner(kms, stage.outputs["SigningKeyArn"] ?? "") };
  const manifest = await world.manifest(like);
  const component = manifest.components[source];
  if (!component) throw new Error(`${like} has no ${source}`);
  const proof =
    (await client.repository.read(layout.proof(like, source, "verified", `verify-${like}`))) ?? new Uint8Array();
  const verified: Record<string, unknown> = JSON.parse(new TextDecoder().decode(proof));
  const keys: string[] = [];
  const put = async (key: string, signatureOf: (hash: string) => string, value: object) => {
    const body = JSON.stringify(value);
    await createSigned(ports, key, signatureOf, body);
    keys.push(key, signatureOf(sha256(body)));
    return sha256(body);
  };
  await whileManifestEventsAreLost(world, async () => {
    for (let day = days; day > 0; day--) {
      const at = new Date(Date.now() - day * DAY_MS);
      const backupId = scheduledBackupId("nightly", at);
      const components = { [source]: { ...change(component), recoveredTo: at.toISOString() } };
      const signature = (hash: string) => layout.manifestSignature(backupId, hash);
      const manifestSha256 = await put(layout.manifest(backupId), signature, { ...manifest, backupId, components });
      const key = layout.proof(backupId, source, "verified", "verify-past");
      await put(key, (hash) => layout.proofSignature(key, hash), { ...verified, backupId, manifestSha256 });
    }
  });
  return {
    forget: async () => {
      for (const key of keys) await hand.remove(key);
    },
  };
}
