import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { FactsDiffer, InputInvalid, Interrupted, TargetChanged } from "#domain/errors.ts";
import { inspect } from "#engines/files/target.ts";
import { everythingIn, filesWorld, insteadOfTar, sh, type World } from "./files-world.ts";

const OLD = "target.holdfast-old-2026-02-23-134207-test";
const BESIDE = "target.holdfast-2026-02-23-134207-test";

/** A captured tree, and another one at the target. */
async function oldAndNew(): Promise<World> {
  const world = await filesWorld();
  sh(
    world.folder,
    "mkdir -p tree/a/b target/old; echo new > tree/a/b/file; echo 2 > tree/second; echo old > target/old/file; chmod 711 tree",
  );
  await world.capture();
  return world;
}
const look = async (world: World) => inspect(await world.tools(), world.target, world.point());

it("X1: says what a target holds, and knows again what holdfast has put there until somebody touches it", async () => {
  const world = await oldAndNew();
  const before = await look(world);

  const { putThere } = await world.restore();

  const after = await look(world);
  expect(before.holds).toEqual([
    { ...before.holds[0], what: `fs-0f11e50000000001:/${world.target.path}: 1 files, 4 B, 3 entries in all` },
  ]);
  expect(after.holds).toEqual([expect.objectContaining(putThere[0] ?? {})]);
  sh(world.folder, "touch -d '2001-01-01' target/a/b/file"); // any touch shows
  expect((await look(world)).holds[0]?.mark).not.toBe(putThere[0]?.mark);
});

it("exchanges the two trees by name, keeps the old one, and says how to drop it", async () => {
  const world = await oldAndNew();
  const old = everythingIn(`${world.folder}/target`);

  const { kept } = await world.restore();

  expect(everythingIn(`${world.folder}/target`)).toBe(everythingIn(`${world.folder}/tree`));
  expect(sh(world.folder, "stat -c %a target").trim()).toBe("711");
  expect(everythingIn(`${world.folder}/${OLD}`)).toBe(old);
  expect(kept).toEqual([
    {
      what: `fs-0f11e50000000001:/${world.target.path} as it was before, now "${OLD}" beside it`,
      drop: `rm -rf -- '${world.folder}/${OLD}'`,
    },
  ]);
  sh("/", kept[0]?.drop ?? "false");
  expect(sh(world.folder, "ls").trim().split("\n")).toEqual(["target", "tree"]);
});

it("takes an empty folder for nothing that would have to be kept or confirmed", async () => {
  const world = await oldAndNew();
  sh(world.folder, "rm -r target/old");

  const { holds } = await look(world);
  const { kept } = await world.restore();

  expect([holds, kept]).toEqual([[], []]);
});

it.each([
  ["changed", "echo tampered > $BESIDE/second"],
  ["missing", "rm $BESIDE/a/b/file"],
  ["too many", "touch $BESIDE/extra"],
  ["of another mode", "chmod 600 $BESIDE/second"],
  ["of another owner", "chown 7:7 $BESIDE/second"],
  ["of another time", "touch $BESIDE/a/b"],
])("X6: swaps nothing in when something that was loaded is %s, and leaves the target as it is", async (_, tamper) => {
  const world = await oldAndNew();
  const before = everythingIn(`${world.folder}/target`);
  world.onPhase = (name) => void (name === "compare" && sh(world.folder, `BESIDE=${BESIDE}; ${tamper}`));

  await expect(world.restore()).rejects.toThrow(FactsDiffer);

  expect(everythingIn(`${world.folder}/target`)).toBe(before);
  expect(sh(world.folder, "ls").trim().split("\n")).toEqual(["target", "tree"]);
});

it.each([["load"], ["compare"], ["swap"]])(
  "X4: leaves the target as it was when the task is stopped as it begins to %s",
  async (phase) => {
    const world = await oldAndNew();
    const before = everythingIn(`${world.folder}/target`);
    world.onPhase = (name) => void (name === phase && world.stop.abort(new Error("task stopped")));

    await (phase === "swap" ? world.restore() : expect(world.restore()).rejects.toThrow(Interrupted));

    // once the swap has begun it is done to its end: half a swap would be worse than either
    expect(everythingIn(`${world.folder}/target`)).toBe(
      phase === "swap" ? everythingIn(`${world.folder}/tree`) : before,
    );
    expect(existsSync(`${world.folder}/${BESIDE}`)).toBe(false);
  },
);

it("X4: leaves the target as it was when tar dies while it is extracting, and a second try is clean", async () => {
  const world = await oldAndNew();
  const before = everythingIn(`${world.folder}/target`);
  await insteadOfTar("kill -KILL $$", "--extract");

  await expect(world.restore()).rejects.toThrow(/SIGKILL/);

  expect(everythingIn(`${world.folder}/target`)).toBe(before);
  await insteadOfTar('exec $REAL "$@"', "--extract");
  sh(world.folder, `mkdir ${BESIDE}; touch ${BESIDE}/left-by-a-killed-task ${OLD}x`);
  const { notes } = await world.restore();
  expect(everythingIn(`${world.folder}/target`)).toBe(everythingIn(`${world.folder}/tree`));
  expect(notes).toEqual([expect.stringContaining(`"${OLD}x" was left beside the target by another restore`)]);
});

it("X4: puts the old tree back when the new one can't take its name", async () => {
  const world = await oldAndNew();
  const before = everythingIn(`${world.folder}/target`);
  world.onPhase = (name) => void (name === "swap" && sh(world.folder, `rm -r ${BESIDE}`));

  await expect(world.restore()).rejects.toThrow("ENOENT");

  expect(everythingIn(`${world.folder}/target`)).toBe(before);
});

it("X2: swaps nothing in when another tree has taken the target's place meanwhile", async () => {
  const world = await oldAndNew();
  world.onPhase = (name) =>
    void (name === "compare" && sh(world.folder, "mv target elsewhere; mkdir target; touch target/another"));

  await expect(world.restore()).rejects.toThrow(TargetChanged);

  expect(sh(world.folder, "ls target elsewhere")).toContain("another");
});

it("R1: puts nothing anywhere when the stream is another one than was captured", async () => {
  const world = await oldAndNew();
  const captured = await world.capture();
  sh(world.folder, "echo other > tree/second");
  await world.capture();
  world.bytes = world.stored.at(-1) ?? Buffer.alloc(0);

  await expect(world.restore(captured.facts)).rejects.toThrow(FactsDiffer);

  expect(sh(world.folder, "ls").trim().split("\n")).toEqual(["target", "tree"]);
});

it("puts single files and folders into a folder beside, and leaves the target alone", async () => {
  const world = await oldAndNew();
  sh(
    world.folder,
    String.raw`mkdir tree/a/c; printf x > "$(printf 'tree/a/c/n\377')"; chown 8:9 tree/a; echo 3 > tree/a/other`,
  );
  await world.capture();
  world.bytes = world.stored.at(-1) ?? Buffer.alloc(0);
  const before = everythingIn(`${world.folder}/target`);
  world.options = { paths: ["a/b", String.raw`a/c/n\xff`] };

  const { holds } = await look(world);
  const restored = await world.restore();

  expect(holds).toEqual([]);
  expect(restored.kept).toEqual([]);
  expect(restored.notes).toEqual([
    expect.stringContaining(`lie below fs-0f11e50000000001:/${world.target.path}.holdfast-2026-02-23-134207-test`),
  ]);
  expect(everythingIn(`${world.folder}/target`)).toBe(before);
  expect(sh(`${world.folder}/${BESIDE}`, "find . | sort")).toBe(".\n./a\n./a/b\n./a/b/file\n./a/c\n./a/c/n\xff\n");
  expect(sh(`${world.folder}/${BESIDE}`, "stat -c %u:%g a").trim()).toBe("8:9");
});

it("refuses single paths that the point does not have, or whose other name it would need, and leaves nothing behind", async () => {
  const world = await filesWorld();
  sh(world.folder, "mkdir target; echo 1 > tree/first; ln tree/first tree/other-name; mkdir tree/dir");
  await world.capture();
  const refused = async (...paths: string[]) => {
    world.options = { paths };
    return world.restore().catch((error: unknown) => error);
  };

  expect(await refused("dir", "dir/missing", "fir")).toEqual(
    new InputInvalid("paths: not in the point: dir/missing, fir. Names are relative to the source's path"),
  );
  expect(await refused("other-name")).toEqual(
    new InputInvalid('paths: "other-name" is the same file as "first", under which it was captured: name that one too'),
  );
  expect(await refused("../tree")).toMatchObject({ name: "InputInvalid" });
  expect(sh(world.folder, "ls").trim().split("\n")).toEqual(["target", "tree"]);
  world.options = { paths: ["other-name", "first"] };
  await world.restore();
  expect(sh(`${world.folder}/${BESIDE}`, "cat other-name").trim()).toBe("1");
});

it("says that a tree which was captured in part replaces a whole one", async () => {
  const world = await filesWorld();
  sh(world.folder, "mkdir tree/cache; echo 1 > tree/file; echo 2 > tree/cache/file");
  await world.capture({ exclude: ["cache"] });

  const { notes } = await world.restore();

  expect(notes).toEqual([expect.stringContaining("only a part of the tree")]);
  expect(sh(world.folder, "ls target").trim()).toBe("file");
});
