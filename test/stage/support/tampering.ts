import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { takeInventory } from "./inventory.ts";
import type { World } from "./world.ts";

/** What somebody does who may write to the bucket. Older versions stay; `undo` takes away all that came since. */
export async function tampering(world: World) {
  const { s3, bucket } = world.client;
  const before = await takeInventory(world);
  const read = async (key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  const put = async (key: string, body: Uint8Array | string) =>
    void (await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body })));
  return {
    read,
    put,
    change: async (key: string, how: (bytes: Buffer) => Uint8Array | string) => put(key, how(await read(key))),
    remove: async (key: string) => void (await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))),
    async undo(): Promise<void> {
      for (const version of (await takeInventory(world)).keys()) {
        if (before.has(version)) continue;
        const space = version.lastIndexOf(" ");
        const which = { Key: version.slice(0, space), VersionId: version.slice(space + 1) };
        await s3.send(new DeleteObjectCommand({ Bucket: bucket, ...which }));
      }
    },
  };
}
export type Tampering = Awaited<ReturnType<typeof tampering>>;

export const flip = (at: (bytes: Buffer) => number) => (bytes: Buffer) => {
  const changed = Buffer.from(bytes);
  const index = at(bytes);
  changed[index] = (changed[index] ?? 0) ^ 1;
  return changed;
};
