import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { filesWorld, privateFolder, sh } from "./files-world.ts";

/** What nobody's capture would write, as somebody with the keys could have. */
async function hostile(script: string, args: string) {
  const world = await filesWorld();
  const folder = await privateFolder();
  const outside = await privateFolder();
  sh(
    folder,
    `OUTSIDE=${outside}; mkdir tree; cd tree; ${script}; tar --create --format=posix --record-size=65536 --absolute-names --no-recursion --file=../tar ${args.replaceAll("$OUTSIDE", outside)}`,
  );
  const { readFileSync } = await import("node:fs");
  world.bytes = readFileSync(`${folder}/tar`);
  return { world, outside };
}

it.each([
  ["a name that leads upwards", "echo evil > x", "--transform=s,^./x,./../canary, ./x"],
  ["a name that leads upwards at its end", "mkdir x", "--transform=s,^./x,./a/.., ./x"],
  ["an absolute name", "echo evil > x", "--transform=s,^./x,$OUTSIDE/canary, ./x"],
  ["a hard link to somewhere else", "echo evil > x; ln x y", "--transform=flags=h;s,^./x,$OUTSIDE/canary, ./x ./y"],
])("X8: refuses %s before a byte of it reaches tar", async (_, script, args) => {
  const { world, outside } = await hostile(
    script,
    args.replace("--transform=", "'--transform=").replace(" ./", "' ./"),
  );

  await expect(world.restore({ tree: { files: 1 } })).rejects.toThrow("an entry outside of its tree");

  expect(existsSync(`${outside}/canary`)).toBe(false);
  expect(sh(world.folder, "ls").trim()).toBe("tree");
});

it("X8: writes nothing through a link that the archive has put there first", async () => {
  const { world, outside } = await hostile(
    "ln -s $OUTSIDE link; mkdir real; echo evil > real/canary",
    "'--transform=flags=r;s,^./real,./link,' ./link ./real/canary",
  );

  await expect(world.restore({ tree: { files: 1 } })).rejects.toThrow();

  expect(existsSync(`${outside}/canary`)).toBe(false);
  expect(sh(world.folder, "ls").trim()).toBe("tree");
});
