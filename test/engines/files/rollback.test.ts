import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { NothingToRollBack, TargetUnfit } from "#domain/errors.ts";
import { everythingIn, filesWorld, sh, type World } from "./files-world.ts";

const ID = "2026-02-23-134207-test";
const OLD = `target.holdfast-old-${ID}`;
const UNDONE = `target.holdfast-undone-${ID}`;

/** A restore has replaced the tree `old`, and somebody has written into the new one since. */
async function restored(): Promise<{ world: World; old: string; since: string }> {
  const world = await filesWorld();
  sh(world.folder, "mkdir -p tree/a target/old; echo new > tree/a/file; echo old > target/old/file; chmod 711 target");
  const old = everythingIn(`${world.folder}/target`);
  await world.capture();
  await world.restore();
  sh(world.folder, "echo since > target/a/since");
  return { world, old, since: everythingIn(`${world.folder}/target`) };
}
const everything = (world: World) => everythingIn(world.folder);

it("GL-11: puts the old tree back, and keeps the restored one with all that came into it since", async () => {
  const { world, old, since } = await restored();

  const { kept } = await world.rollback();

  expect(everythingIn(`${world.folder}/target`)).toBe(old);
  expect(sh(world.folder, "stat -c %a target").trim()).toBe("711");
  expect(everythingIn(`${world.folder}/${UNDONE}`)).toBe(since);
  expect(kept).toEqual([
    {
      what: `fs-0f11e50000000001:/${world.target.path} as it was until this rollback, now "${UNDONE}" beside it`,
      drop: `rm -rf -- '${world.folder}/${UNDONE}'`,
    },
  ]);
  sh("/", kept[0]?.drop ?? "false");
  expect(sh(world.folder, "ls").trim().split("\n")).toEqual(["target", "tree"]);
});

it("puts the old tree back once, and says so when there is none", async () => {
  const { world } = await restored();
  await world.rollback();
  const before = everything(world);

  await expect(world.rollback()).rejects.toThrow(NothingToRollBack);

  expect(everything(world)).toBe(before);
});

it("X4: loses nothing when the old tree can't take its name back", async () => {
  const { world } = await restored();
  sh(world.folder, `mkdir ${UNDONE}; echo of-an-earlier-try > ${UNDONE}/file`);
  const before = everything(world);

  await expect(world.rollback()).rejects.toThrow("ENOTEMPTY");

  expect(everything(world)).toBe(before);
});

it("X4: ends what a rollback began that was killed between its two steps", async () => {
  const { world, old, since } = await restored();
  sh(world.folder, `mv target ${UNDONE}`);

  const { kept } = await world.rollback();

  expect(everythingIn(`${world.folder}/target`)).toBe(old);
  expect(everythingIn(`${world.folder}/${UNDONE}`)).toBe(since);
  expect(kept).toEqual([expect.objectContaining({ drop: `rm -rf -- '${world.folder}/${UNDONE}'` })]);
});

it("puts the old tree back where the restored one was removed", async () => {
  const { world, old } = await restored();
  sh(world.folder, "rm -r target");

  const { kept } = await world.rollback();

  expect(everythingIn(`${world.folder}/target`)).toBe(old);
  expect(kept).toEqual([]);
});

it.each([
  ["link", `mv ${OLD} elsewhere; ln -s elsewhere ${OLD}`],
  ["file", `rm -r ${OLD}; touch ${OLD}`],
])("N2: puts no %s in the target's place", async (_, script) => {
  const { world } = await restored();
  sh(world.folder, script);
  const before = everything(world);

  await expect(world.rollback()).rejects.toThrow(TargetUnfit);

  expect(everything(world)).toBe(before);
});

it("X4: touches nothing when it is stopped before it begins, or nothing is mounted", async () => {
  const { world } = await restored();
  const before = everything(world);
  const unmounted = { ...world.target, fileSystem: "fs-0f11e50000000009" };

  await expect(rollbackOf(world, unmounted)).rejects.toThrow(TargetUnfit);
  world.stop.abort(new Error("task stopped"));
  await expect(world.rollback()).rejects.toThrow("task stopped");

  expect(everything(world)).toBe(before);
  expect(existsSync(`${world.folder}/${OLD}`)).toBe(true);
});

async function rollbackOf(world: World, target: World["target"]) {
  const mounted = world.target;
  world.target = target;
  return world.rollback().finally(() => {
    world.target = mounted;
  });
}

it("GL-11: drops by age what a restore, or its rollback, has kept, and goes on where an earlier try broke off", async () => {
  const { world } = await restored();
  const other = "target.holdfast-old-2026-02-23-134207-othr";
  sh(world.folder, `mkdir ${other} ${UNDONE} target.holdfast-drop-${ID}; echo half > target.holdfast-drop-${ID}/file`);
  const target = everythingIn(`${world.folder}/target`);

  const dropped = [await world.dropOld(), await world.dropOld()];

  expect(sh(world.folder, "ls").trim().split("\n")).toEqual(["target", other, "tree"]);
  expect(everythingIn(`${world.folder}/target`)).toBe(target);
  const beside = (name: string) => `"${name}" beside fs-0f11e50000000001:/${world.target.path}`;
  expect(dropped).toEqual([[`target.holdfast-drop-${ID}`, OLD, UNDONE].map(beside), []]);
});

it("N2: drops nothing through a link that stands where an old tree was kept", async () => {
  const { world } = await restored();
  sh(world.folder, `rm -r ${OLD}; mkdir precious; echo mine > precious/file; ln -s precious ${OLD}`);

  await expect(world.dropOld()).rejects.toThrow(TargetUnfit);

  expect(sh(world.folder, "cat precious/file").trim()).toBe("mine");
});
