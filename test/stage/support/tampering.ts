import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { takeInventory } from "./inventory.ts";
import type { World } from "./world.ts";

/** What a bad disk does, and what somebody does who has rights to the bucket. `undo` brings everything back as far as S3 can. */
export async function tampering(world: World) {
  const { s3, bucket } = world.client;
  const before = await takeInventory(world);
  const lost = new Map<string, Buffer>();
  const read = async (key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  const put = async (key: string, body: Uint8Array | string) =>
    (await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))).VersionId;
  const deleteVersions = async (wanted: (key: string, version: string) => boolean) => {
    for (const version of (await takeInventory(world)).keys()) {
      const space = version.lastIndexOf(" ");
      const [Key, VersionId] = [version.slice(0, space), version.slice(space + 1)];
      if (wanted(Key, version)) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
    }
  };
  /** Every version, for good. */
  const remove = async (key: string) => {
    lost.set(key, await read(key));
    await deleteVersions((name) => name === key);
  };
  return {
    read,
    /** A newer version; the older ones stay. */
    put,
    remove,
    /** A delete marker. */
    hide: async (key: string) => void (await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))),
    /** Other bytes at rest: the ones that were there are nowhere any more. */
    async change(key: string, how: (bytes: Buffer) => Uint8Array | string): Promise<void> {
      const changed = how(await read(key));
      await remove(key);
      await put(key, changed);
    },
    async undo(): Promise<void> {
      await deleteVersions((_, version) => !before.has(version));
      for (const [key, bytes] of lost) await put(key, bytes);
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
