import { expect, it } from "vitest";
import { inspect } from "#engines/files/target.ts";
import { filesWorld, sh, type World } from "./files-world.ts";

async function problemsOf(world: World, change: object = {}, facts: Parameters<World["point"]>[0] = {}) {
  const { problems } = await inspect(await world.tools(), { ...world.target, ...change }, world.point(facts));
  return problems;
}
/** As the user that tasks run as without root. */
async function withoutRoot<T>(work: () => Promise<T>): Promise<T> {
  process.setegid?.(10_001);
  process.seteuid?.(10_001);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

it("finds nothing wrong with a folder that is there, or that is not there yet, and leaves no trace", async () => {
  const world = await filesWorld();
  sh(world.folder, "touch -d 2001-01-01 .");

  expect(await problemsOf(world)).toEqual([]);
  sh(world.folder, "mkdir target; touch -d 2001-01-01 .");
  expect(await problemsOf(world)).toEqual([]);

  expect(sh(world.folder, "ls; stat -c %y .")).toMatch(/^target\ntree\n2001-01-01/);
});

it("X5: names what is wrong with a target: not mounted, no folder above it, a file or a link in its place, a name too long", async () => {
  const world = await filesWorld();
  const { path } = world.target;
  sh(world.folder, "touch file; ln -s tree link");

  expect(await problemsOf(world, { fileSystem: "fs-0f11e50000000002" })).toEqual([
    expect.stringContaining("is not mounted"),
  ]);
  expect(await problemsOf(world, { path: `${path}/a/b` })).toEqual([
    expect.stringContaining("The folder above a target has to exist"),
  ]);
  expect(await problemsOf(world, { path: path.replace("target", "file") })).toEqual([
    expect.stringContaining("is no folder"),
  ]);
  expect(await problemsOf(world, { path: path.replace("target", "link") })).toEqual([
    expect.stringContaining("is no folder"),
  ]);
  expect(await problemsOf(world, { path: path.replace("target", "link/below") })).toEqual([
    expect.stringContaining("is no folder"),
  ]);
  expect(await problemsOf(world, { path: path.replace("target", "n".repeat(230)) })).toContainEqual(
    expect.stringContaining("too long"),
  );
});

it("X5: refuses a target without room", async () => {
  const world = await filesWorld();

  expect(await problemsOf(world, {}, { tree: { files: 1, bytes: 2 ** 50 } })).toEqual([
    expect.stringMatching(/the point holds 1.13 PB, .*: make room/),
  ]);
  expect(await problemsOf(world, {}, { tree: { files: 2 ** 40, bytes: 1 } })).toEqual([
    expect.stringMatching(/the file system takes \d+ more: make room/),
  ]);
});

it("says so when the task may not write there, or can't set owners", async () => {
  const world = await filesWorld();

  expect(await withoutRoot(() => problemsOf(world))).toEqual([
    expect.stringContaining("nothing can be written beside"),
  ]);
  sh(world.folder, "chmod 777 .");
  expect(await withoutRoot(() => problemsOf(world))).toEqual([
    expect.stringMatching(/owners can't be set beside .* \(EPERM\): let the restore task/),
  ]);
  expect(sh(world.folder, "ls").trim()).toBe("tree");
});
