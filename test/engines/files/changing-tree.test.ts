import { expect, it } from "vitest";
import { FormatIncomplete, PreflightFailed } from "#domain/errors.ts";
import { filesWorld, insteadOfTar, sh } from "./files-world.ts";

it("S19: records files that went away after they were listed, and captures the rest", async () => {
  const world = await filesWorld();
  const tree = `${world.folder}/tree`;
  sh(tree, String.raw`mkdir dir; echo 1 > dir/a; echo 2 > "$(printf 'gone\n\377')"; echo 3 > stays`);
  await insteadOfTar(String.raw`rm "${tree}/$(printf 'gone\n\377')"; rm -r ${tree}/dir; exec $REAL "$@"`);

  const captured = await world.capture();
  const restored = await world.restore();

  expect(captured.limits).toEqual([
    String.raw`3 files went away before they were read, and are not in it: dir, dir/a, gone\x0a\xff`,
  ]);
  expect(captured.facts).toMatchObject({ tree: { files: 1, folders: 1 } });
  expect(restored.putThere).toHaveLength(1);
});

it.each([
  ["grow", "sleep 0.1; while :; do head -c 100000 /dev/zero >> $TREE/busy; done"],
  ["shrink", "sleep 0.1; truncate -s 1000 $TREE/busy"],
])("S19: records files that %s while they are read, and restores them as they were read", async (_, change) => {
  const world = await filesWorld();
  const tree = `${world.folder}/tree`;
  sh(tree, "dd if=/dev/urandom of=busy bs=1M count=60 status=none; echo 1 > quiet");
  await insteadOfTar(`TREE=${tree}; (${change}) & $REAL "$@" | (head -c 30000000; sleep 0.5; cat); kill %1; exit 0`);

  const captured = await world.capture();
  await world.restore();

  expect(captured.limits).toEqual(["1 files changed while they were read, and may be half old and half new: busy"]);
  expect(captured.facts).toMatchObject({ tree: { files: 2, bytes: 60 * 2 ** 20 + 2 } });
});

it("S19: stores nothing when tar leaves out a file and says nothing", async () => {
  const world = await filesWorld();
  sh(`${world.folder}/tree`, "echo 1 > a; echo 2 > b");
  await insteadOfTar('for last; do :; done; list=${last#--files-from=}; sed -i "s#./b\\x00##" $list; exec $REAL "$@"');

  await expect(world.capture()).rejects.toThrow(
    new FormatIncomplete("3 entries were listed, 0 of them went away, and 2 are in the tar"),
  );

  expect(world.stored).toEqual([]);
});

it.each([
  ["is moved away", "mv $TREE $TREE-away"],
  ["makes room for another", "mv $TREE $TREE-away; mkdir $TREE; echo 9 > $TREE/other"],
  ["is removed", "rm -r $TREE"],
  ["is emptied", "rm -r $TREE/*"],
])("S7: stores nothing when the folder itself %s before all of it is read", async (_, fault) => {
  const world = await filesWorld();
  const tree = `${world.folder}/tree`;
  sh(tree, "for i in 1 2 3; do echo $i > $i; done");
  await insteadOfTar(`TREE=${tree}; ${fault}; exec $REAL "$@"`);

  await expect(world.capture()).rejects.toThrow(/went away|Cannot open: No such file/);

  expect(world.stored).toEqual([]);
});

it("S7: stores nothing when the file system goes away under tar", async () => {
  const world = await filesWorld();
  sh(`${world.folder}/tree`, "echo 1 > a; echo 2 > b");
  await insteadOfTar(`$REAL "$@"; echo 'tar: "./b": Warning: Cannot open: Stale file handle' >&2; exit 0`);

  await expect(world.capture()).rejects.toThrow("Stale file handle");

  expect(world.stored).toEqual([]);
});

it.each([
  'tar: "./a": Warning: Read error at byte 0, while reading 512 bytes: Input/output error',
  'tar: "./a": Warning: Cannot open: Permission denied',
  "tar: something new",
])("S10: stores nothing when tar exits 0 and says %j", async (words) => {
  const world = await filesWorld();
  sh(`${world.folder}/tree`, "echo 1 > a");
  await insteadOfTar(`$REAL "$@"; echo '${words}' >&2; exit 0`);

  await expect(world.capture()).rejects.toThrow("tar could not read everything: tar:");

  expect(world.stored).toEqual([]);
});

it("S8: refuses a tree that is empty, is not there, is no folder, or is not mounted, before anything is captured", async () => {
  const world = await filesWorld();
  const { path } = world.source;
  sh(world.folder, "touch file; ln -s tree link; mkdir elsewhere; ln -s /etc outside");

  const refused = async (more: object) => world.capture(more).catch((error: unknown) => error);

  expect(await refused({})).toEqual(
    new PreflightFailed(`fs-0f11e50000000001:/${path} is empty: is this the right file system, and the right path?`),
  );
  expect(await refused({ path: `${path}/missing` })).toMatchObject({
    name: "PreflightFailed",
    message: expect.stringContaining("ENOENT"),
  });
  expect(await refused({ path: path.replace("tree", "file") })).toMatchObject({
    message: expect.stringContaining("is no folder"),
  });
  expect(await refused({ fileSystem: "fs-0f11e50000000002" })).toMatchObject({
    message:
      "fs-0f11e50000000002 is not mounted at /mnt/fs-0f11e50000000002: deploy the plan that names it, which makes the volumes of the tasks",
  });
  expect(await refused({ path: path.replace("tree", "link") })).toMatchObject({
    message: expect.stringContaining("is no folder"),
  });
  expect(await refused({ path: path.replace("tree", "outside/ssl") })).toMatchObject({
    message: expect.stringMatching(/ENOENT|leads through a link/),
  });
  expect(world.stored).toEqual([]);
});

it("N2: refuses a path that leads out of the mount through a link", async () => {
  const world = await filesWorld();
  sh(world.folder, "ln -s /etc outside");

  await expect(world.capture({ path: world.source.path.replace("tree", "outside/apt") })).rejects.toThrow(
    "leads through a link to /etc/apt: name the real path in the plan",
  );
});

it("S8: refuses a folder that is there though nothing is mounted on it", async () => {
  const world = await filesWorld();
  sh("/mnt", "mkdir -p fs-0f11e50000000002/data; touch fs-0f11e50000000002/data/left-over");

  await expect(world.capture({ fileSystem: "fs-0f11e50000000002", path: "data" })).rejects.toThrow("is not mounted at");
  sh("/mnt", "rm -r fs-0f11e50000000002");
});
