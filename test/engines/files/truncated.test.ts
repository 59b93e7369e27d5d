import { expect, it } from "vitest";
import { CommandFailed, FormatIncomplete } from "#domain/errors.ts";
import { verify } from "#engines/files/verify.ts";
import { filesWorld, insteadOfTar, sh, type World } from "./files-world.ts";

async function worldWithFiles(): Promise<World> {
  const world = await filesWorld();
  sh(
    `${world.folder}/tree`,
    "for i in 1 2 3; do head -c 300000 /dev/urandom > $i; done; truncate -s 1M hole; printf x >> hole",
  );
  return world;
}

it.each([
  ["nothing", "head -c 0"],
  ["1 byte", "head -c 1"],
  ["one header", "head -c 512"],
  ["a header and a half", "head -c 800"],
  ["half of it", "head -c 450000"],
  ["everything but the end blocks", "head -c 851968"],
  ["all but the last byte", "head -c -1"],
  ["all but the last block", "head -c -512"],
])("S5: stores nothing when tar writes %s and exits 0", async (_, cut) => {
  const world = await worldWithFiles();
  await insteadOfTar(`$REAL "$@" | ${cut}; exit 0`);

  await expect(world.capture()).rejects.toThrow(FormatIncomplete);

  expect(world.stored).toEqual([]);
});

it("S5: stores nothing when whole entries are missing at the end and the end blocks are there", async () => {
  const world = await worldWithFiles();
  await insteadOfTar(
    'list=$(printf "%s\\n" "$@" | sed -n s/--files-from=//p); head -c 5 $list > $list.cut; mv $list.cut $list; exec $REAL "$@"',
  );

  await expect(world.capture()).rejects.toThrow(FormatIncomplete);

  expect(world.stored).toEqual([]);
});

it("S5: stores nothing when every entry and every record is there, and only the end blocks are not", async () => {
  const world = await filesWorld();
  sh(`${world.folder}/tree`, "head -c 128000 /dev/urandom > fills-two-records-with-its-folder; touch -d @1.5 . *");
  await insteadOfTar(`$REAL "$@" | head -c 131072; exit 0`);

  await expect(world.capture()).rejects.toThrow("the tar is cut off after 131072 bytes: it has no end blocks");

  expect(world.stored).toEqual([]);
});

it("S1: stores nothing when tar is killed after a good start", async () => {
  const world = await worldWithFiles();

  for (const bytes of [512, 100_000, 900_000]) {
    await insteadOfTar(`$REAL "$@" | head -c ${bytes}; kill -KILL $$`);
    await expect(world.capture(), `${bytes}`).rejects.toThrow(/SIGKILL/);
  }

  expect(world.stored).toEqual([]);
});

it("S6: stores nothing when tar has written everything and exits 2", async () => {
  const world = await worldWithFiles();
  await insteadOfTar('$REAL "$@"; exit 2');

  await expect(world.capture()).rejects.toThrow(CommandFailed);

  expect(world.stored).toEqual([]);
});

it("S3: stops tar and stores nothing when the task is told to stop", async () => {
  const world = await worldWithFiles();
  await insteadOfTar('$REAL "$@" | (head -c 100000; sleep 3; cat)');
  const capturing = world.capture();
  setTimeout(() => world.stop.abort(new Error("task stopped")), 500);

  await expect(capturing).rejects.toThrow(/stopped/);

  expect(world.stored).toEqual([]);
});

it("S20: survives a flood on stderr in flat memory, and refuses what it said", async () => {
  const world = await worldWithFiles();
  await insteadOfTar(`head -c 200000000 /dev/zero | tr '\\0' 'e' >&2; exec $REAL "$@"`);
  const before = process.memoryUsage().rss;

  await expect(world.capture()).rejects.toThrow("tar could not read everything");

  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
});

it("R2: verify finds a tar that is cut off anywhere, or goes on after its end", async () => {
  const world = await worldWithFiles();
  await world.capture();
  const whole = world.stored[0] ?? Buffer.alloc(0);
  const look = async (bytes: Buffer) => {
    world.bytes = bytes;
    return (await verify({ ...(await world.tools()), open: world.open }, world.point())).wrong;
  };

  expect(await look(whole)).toEqual([]);
  for (const bytes of [
    0,
    1,
    511,
    512,
    1024,
    300_000,
    851_968,
    whole.length - 65_536,
    whole.length - 512,
    whole.length - 1,
  ])
    expect(await look(whole.subarray(0, bytes)), `${bytes}`).toEqual([expect.stringMatching(/cut off|tar exited/)]);
  expect(await look(Buffer.concat([whole, whole]))).toEqual(["the tar goes on after its end"]);
});

it("R1: verify finds a changed byte in a header, in content, and in the padding", async () => {
  const world = await worldWithFiles();
  await world.capture();
  const whole = world.stored[0] ?? Buffer.alloc(0);

  for (const at of [30, 100, 520, 1500, 100_000, 900_000, whole.length - 1]) {
    world.bytes = Buffer.from(whole);
    world.bytes[at] = (world.bytes[at] ?? 0) ^ 1;
    const { wrong } = await verify({ ...(await world.tools()), open: world.open }, world.point());
    expect(wrong, `${at}`).toHaveLength(1);
  }
});
