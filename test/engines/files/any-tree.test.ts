import { chown, link, lutimes, mkdir, symlink, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { followTar } from "#engines/files/follow-tar.ts";
import { verify } from "#engines/files/verify.ts";
import { everythingIn, filesWorld, sh, type World } from "./files-world.ts";

const name = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x5f : byte))))
  .filter((bytes) => !/^\.\.?$/.test(bytes.toString("latin1")));
const entry = fc.record({
  name,
  kind: fc.constantFrom("file", "file", "folder", "symlink", "hardLink"),
  content: fc.array(fc.tuple(fc.nat(70_000), fc.oneof(fc.constant(0), fc.nat(255))), { maxLength: 4 }),
  mode: fc.integer({ min: 0o400, max: 0o777 }),
  owner: fc.nat(70_000),
  seconds: fc.integer({ min: -10_000_000, max: 4_000_000_000 }),
  inside: fc.nat(),
});
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;

/** Makes what can be made: a name that is taken already is left out. */
async function make(root: string, entries: Entry[]): Promise<void> {
  const folders = [Buffer.from(root)];
  const files: Buffer[] = [];
  const made: [Buffer, Entry][] = [];
  for (const one of entries) {
    const at = Buffer.concat([folders[one.inside % folders.length] ?? Buffer.from(root), Buffer.from("/"), one.name]);
    const bytes = Buffer.concat(one.content.map(([length, byte]) => Buffer.alloc(length, byte)));
    const work = {
      file: () => writeFile(at, bytes, { flag: "wx", mode: one.mode }).then(() => files.push(at)),
      folder: () => mkdir(at, { mode: one.mode | 0o700 }).then(() => folders.push(at)),
      symlink: () => symlink(Buffer.concat([one.name, Buffer.from("/../x")]), at),
      hardLink: () => link(files[one.inside % files.length] ?? at, at),
    }[one.kind as "file"];
    const isMade = await work().then(
      () => true,
      () => false,
    );
    if (isMade && one.kind === "file") await chown(at, one.owner, one.owner + 1);
    if (isMade) made.push([at, one]);
  }
  for (const [at, { seconds }] of made.toReversed()) await lutimes(at, seconds, seconds + 0.25);
}

async function captured(entries: Entry[]): Promise<World> {
  const world = await filesWorld();
  await make(`${world.folder}/tree`, entries);
  sh(`${world.folder}/tree`, "mkdir -p never-empty");
  await world.capture();
  return world;
}

it("S19: any tree that can be made comes back the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 30 }), async (entries) => {
      const world = await captured(entries);
      const { wrong } = await verify({ ...(await world.tools()), open: world.open }, world.point());
      await world.restore();

      expect(wrong).toEqual([]);
      expect(everythingIn(`${world.folder}/target`)).toBe(everythingIn(`${world.folder}/tree`));
    }),
    { numRuns: 25 },
  );
}, 300_000);

/** What our own reader comes to, in pieces of any size: the facts, or the name of the error. */
async function read(bytes: Buffer, pieceBytes: number): Promise<string> {
  const following = followTar();
  for (let at = 0; at < bytes.length && !following.stream.destroyed; at += pieceBytes)
    following.stream.write(Buffer.from(bytes.subarray(at, at + pieceBytes))); // of its own: pipes use theirs again
  following.stream.end();
  return following.contents.then(
    ({ tree }) => JSON.stringify(tree),
    (error: Error) => error.name,
  );
}

it("S5 R2: a tar that is cut off anywhere is refused, however it arrives; a whole one gives the same facts", async () => {
  const world = await captured(
    fc.sample(fc.array(entry, { minLength: 20, maxLength: 30 }), { numRuns: 1, seed: 1 })[0] ?? [],
  );
  const whole = world.stored[0] ?? Buffer.alloc(0);
  const facts = await read(whole, whole.length);

  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 100_000 }), async (bytes, pieceBytes) => {
      expect(await read(whole.subarray(0, bytes), pieceBytes)).toBe("FormatIncomplete");
    }),
    { numRuns: 200 },
  );
  for (const pieceBytes of [100, 511, 512, 513, 65_536, 100_000]) expect(await read(whole, pieceBytes)).toBe(facts);
}, 300_000);

it("R1: a bit that is changed anywhere in a tar is refused, or shows in the facts, where it means anything", async () => {
  const world = await captured(
    fc.sample(fc.array(entry, { minLength: 20, maxLength: 30 }), { numRuns: 1, seed: 2 })[0] ?? [],
  );
  const whole = world.stored[0] ?? Buffer.alloc(0);
  const facts = await read(whole, whole.length);
  let unseen = 0;

  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      if ((await read(changed, 65_536)) === facts) unseen++;
    }),
    { numRuns: 1_000 },
  );

  expect(unseen).toBeLessThan(10); // what ends a number in a header may be a space or a zero
}, 300_000);

it("S20: reads a file of a gigabyte in flat memory, at some hundred megabytes a second", async () => {
  const world = await filesWorld();
  sh(`${world.folder}/tree`, "head -c 8M /dev/urandom > piece; for i in {1..128}; do cat piece; done > big; rm piece");
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const { createTar } = await import("#engines/files/tar-commands.ts");
  const tools = await world.tools();
  sh(tools.workDir, String.raw`printf './big\0' > list`);
  const following = followTar();
  let peak = 0;
  for await (const bytes of tools.commands.reading(
    createTar(`${world.folder}/tree`, `${tools.workDir}/list`),
    tools.signal,
  ).bytes) {
    if (!following.stream.write(bytes)) await new Promise((resolve) => following.stream.once("drain", resolve));
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  following.stream.end();

  expect((await following.contents).tree).toMatchObject({ files: 1, bytes: 2 ** 30 });
  expect(peak - before).toBeLessThan(128 * 2 ** 20);
  expect(2 ** 30 / 1e6 / ((performance.now() - start) / 1000)).toBeGreaterThan(50);
}, 300_000);
