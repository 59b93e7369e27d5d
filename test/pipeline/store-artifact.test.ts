import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { compositeSha256 } from "#domain/hashes.ts";
import { KEY, pipelineWorld, shell } from "./pipeline-world.ts";

/** 40 MB that do not compress: five parts. */
const NOISE = "openssl enc -aes-128-ctr -nosalt -pass pass:seed -md sha256 </dev/zero 2>/dev/null | head -c 40000000";

describe("storing a stream", () => {
  it("gives back exactly what went in, with every hash and exit code written down", async () => {
    const world = pipelineWorld();

    const artifact = await world.store(world.stream(shell(NOISE)));

    const stored = Buffer.from(world.objects.get(KEY) ?? []);
    expect(artifact.bytes).toBe(stored.length);
    expect(artifact.sha256).toBe(createHash("sha256").update(stored).digest("hex"));
    expect(artifact.parts.length).toBeGreaterThan(4);
    expect(artifact.compositeSha256).toBe(compositeSha256(artifact.parts.map(({ sha256 }) => sha256)));
    expect(artifact.exitCodes).toEqual({ bash: 0, zstd: 0, gpg: 0 });
    const { plain, error } = await world.read(artifact);
    expect(error).toBeUndefined();
    expect(plain.length).toBe(40_000_000);
    expect(artifact.plainSha256).toBe(createHash("sha256").update(plain).digest("hex"));
  });

  it("AS-12 never stores a byte of plaintext", async () => {
    const world = pipelineWorld();

    await world.store(world.stream(shell("echo A SECRET LINE")));

    expect(Buffer.from(world.objects.get(KEY) ?? []).includes("SECRET")).toBe(false);
  });

  it("AS-27 compresses as hard as the source's level says, and any level is read back", async () => {
    const world = pipelineWorld();
    const store = (compression: number) => world.store(world.stream(shell("seq 1 500000")), { compression });

    const fast = await store(1);
    const small = await store(19);

    expect(small.bytes).toBeLessThan(fast.bytes * 0.8);
    expect(small.plainSha256).toBe(fast.plainSha256);
    expect((await world.read(small)).error).toBeUndefined();
  });

  it("AS-27 stores the same bytes, no faster than the source's bandwidth limit and not much slower", async () => {
    const world = pipelineWorld();
    const begun = performance.now();

    const artifact = await world.store(world.stream(shell(`${NOISE} | head -c 6000000`)), { limit: 4_000_000 });

    const seconds = (performance.now() - begun) / 1000;
    expect(seconds).toBeGreaterThan(1.4);
    expect(seconds).toBeLessThan(4);
    expect(artifact.plainBytes).toBe(6_000_000);
    const { plain, error } = await world.read(artifact);
    expect(error).toBeUndefined();
    expect(createHash("sha256").update(plain).digest("hex")).toBe(artifact.plainSha256);
  });

  it("AS-27 stops at once, and stores nothing, when the task is told to stop while its stream is held back", async () => {
    const world = pipelineWorld();
    const storing = world.store(world.stream(shell(NOISE)), { limit: 1_000_000 });
    const begun = performance.now();
    setTimeout(() => world.stop.abort(), 500);

    await expect(storing).rejects.toMatchObject({ name: "Interrupted" });

    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(world.seen).toEqual({ aborted: 1, completed: 0 });
  });

  it.each([
    ["S1 is killed mid-stream", `${NOISE} | head -c 20000000; kill -KILL $$`, "CommandFailed", "was ended by SIGKILL"],
    [
      "S6 exits 1 after everything",
      `${NOISE}; echo the disk is gone >&2; exit 1`,
      "CommandFailed",
      "exited with 1: the disk is gone",
    ],
    ["S8 writes nothing and exits 0", "true", "FormatIncomplete", "wrote nothing at all"],
    ["can't be started", "exec /no/such/tool", "CommandFailed", "exited with 12"],
  ])("leaves nothing behind when the producer %s", async (_, script, name, message) => {
    const world = pipelineWorld();

    await expect(world.store(world.stream(shell(script)))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });

    expect(world.seen).toEqual({ aborted: 1, completed: 0 });
    expect(world.objects.size).toBe(0);
  });

  it("S5 leaves nothing behind when the producer exits 0 but its format's end is not proven", async () => {
    const world = pipelineWorld();
    const cutOff = world.stream(shell(NOISE), shell("cat >/dev/null; echo no end in sight >&2; exit 1"));

    await expect(world.store(cutOff)).rejects.toMatchObject({
      name: "FormatIncomplete",
      message: expect.stringContaining("no end in sight"),
    });

    expect(world.seen).toEqual({ aborted: 1, completed: 0 });
  });

  it("S5 names the proof as the reason when it gives up early, not the pipe that broke", async () => {
    const world = pipelineWorld();
    const refused = world.stream(shell(NOISE), shell("head -c 1000 >/dev/null; echo not my format >&2; exit 3"));

    await expect(world.store(refused)).rejects.toMatchObject({
      name: "FormatIncomplete",
      message: expect.stringContaining("not my format"),
    });
  });

  it("U3 aborts when one part fails for good while the others are fine", async () => {
    const world = pipelineWorld({ failingPart: 3 });

    await expect(world.store(world.stream(shell(NOISE)))).rejects.toThrow("503 for good");

    expect(world.seen).toEqual({ aborted: 1, completed: 0 });
  });

  it("stops and aborts when the task is told to stop", async () => {
    const world = pipelineWorld();
    const storing = world.store(world.stream(shell(`${NOISE}; sleep 60`)));
    setTimeout(() => world.stop.abort(), 500);

    await expect(storing).rejects.toMatchObject({ name: "Interrupted" });

    expect(world.seen).toEqual({ aborted: 1, completed: 0 });
  });

  it("does not say what a tool shouts in full", async () => {
    const world = pipelineWorld();

    const failure = await world
      .store(world.stream(shell("head -c 5000000 /dev/zero | tr '\\0' x >&2; exit 1")))
      .catch((error: Error) => error);

    expect((failure as Error).message.length).toBeLessThan(5_000);
  });
});
