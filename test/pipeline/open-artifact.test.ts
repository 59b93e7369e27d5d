import { beforeAll, describe, expect, it } from "vitest";
import type { Artifact } from "#domain/artifact.ts";
import { KEY, pipelineWorld, shell } from "./pipeline-world.ts";

const world = pipelineWorld();
let artifact: Artifact;
let whole: Uint8Array;

beforeAll(async () => {
  artifact = await world.store(
    world.stream(
      shell("openssl enc -aes-128-ctr -nosalt -pass pass:seed -md sha256 </dev/zero 2>/dev/null | head -c 20000000"),
    ),
  );
  whole = world.objects.get(KEY) ?? new Uint8Array();
});

async function readAfter(damage: (bytes: Buffer) => Uint8Array) {
  world.objects.set(KEY, damage(Buffer.from(whole)));
  return world.read(artifact);
}

describe("opening an artifact", () => {
  it("reads what was stored", async () => {
    const { plain, error } = await readAfter((bytes) => bytes);

    expect(error).toBeUndefined();
    expect(plain.length).toBe(20_000_000);
  });

  it.each([
    ["the header", 3],
    ["the first part", 100_000],
    ["the second part", 9_000_000],
    ["the last byte", -1],
  ])("R1 refuses a byte flipped in %s before its part is decrypted", async (_, position) => {
    const at = position < 0 ? whole.length + position : position;

    const { plain, error } = await readAfter((bytes) => {
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    });

    expect(error?.name).toBe("ChecksumMismatch");
    const partStart = Math.floor(at / (artifact.parts[0]?.bytes ?? 1)) * (artifact.parts[0]?.bytes ?? 1);
    expect(plain.length).toBeLessThanOrEqual(partStart);
  });

  it.each([
    ["cut at a part's end", (bytes: Buffer) => bytes.subarray(0, artifact.parts[0]?.bytes)],
    ["cut by one byte", (bytes: Buffer) => bytes.subarray(0, -1)],
    ["emptied", () => new Uint8Array()],
    [
      "with two parts swapped",
      (bytes: Buffer) => {
        const size = artifact.parts[0]?.bytes ?? 0;
        return Buffer.concat([bytes.subarray(size, 2 * size), bytes.subarray(0, size), bytes.subarray(2 * size)]);
      },
    ],
  ])("R2 refuses an artifact %s", async (_, damage) => {
    expect((await readAfter(damage)).error?.name).toBe("ChecksumMismatch");
  });

  it("R12 lets no byte more out than was captured, and ends the tools, however much an artifact opens to", async () => {
    const bomb = await world.store(world.stream(shell("head -c 300000000 /dev/zero")));

    const { plain, error } = await world.read({ ...bomb, plainBytes: 1_000_000 });

    expect(bomb.bytes).toBeLessThan(1_000_000);
    expect(error).toMatchObject({ name: "ChecksumMismatch", message: expect.stringContaining("opens to more than") });
    expect(plain.length).toBeLessThanOrEqual(1_000_000);
  });

  it("R8 says that the key is wrong and gives out no byte of plaintext", async () => {
    world.objects.set(KEY, whole);

    const { plain, error } = await world.read(artifact, Buffer.from("another key").toString("base64"));

    expect(error?.name).toBe("WrongKey");
    expect(plain.length).toBe(0);
  });

  it("refuses plaintext that is not the one that was captured", async () => {
    world.objects.set(KEY, whole);

    const { error } = await world.read({ ...artifact, plainSha256: "0".repeat(64) });

    expect(error?.name).toBe("ChecksumMismatch");
  });

  it("says that an artifact is missing", async () => {
    const { error } = await world.read({ ...artifact, key: "test/not-there" });

    expect(error?.name).toBe("ChecksumMismatch");
  });
});
