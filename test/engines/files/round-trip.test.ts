import { expect, it } from "vitest";
import { verify } from "#engines/files/verify.ts";
import { everythingIn, filesWorld, sh } from "./files-world.ts";

it("captures a plain tree, reads it back and restores it as it was", async () => {
  const world = await filesWorld();
  const tree = `${world.folder}/tree`;
  sh(
    tree,
    "mkdir -p cv/2026; echo hello > cv/2026/a.txt; chmod 640 cv/2026/a.txt; chown 1000:33 cv/2026/a.txt; ln -s a.txt cv/2026/link",
  );

  const captured = await world.capture();
  const verified = await verify({ ...(await world.tools()), open: world.open }, { ...world.point() });
  const restored = await world.restore();

  expect(captured.facts).toMatchObject({ tree: { files: 1, folders: 3, symlinks: 1, bytes: 6 } });
  expect(captured.limits).toEqual([]);
  expect(verified).toEqual({ wrong: [] });
  expect(everythingIn(`${world.folder}/target`)).toBe(everythingIn(tree));
  expect(restored).toMatchObject({
    putThere: [{ name: `${world.target.fileSystem}:/${world.target.path}` }],
    kept: [],
    notes: [],
  });
});
