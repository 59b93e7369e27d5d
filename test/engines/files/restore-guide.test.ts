import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { files } from "#engines/files/engine.ts";
import { everythingIn, filesWorld, privateFolder, sh } from "./files-world.ts";

it("X7: restores with tar alone, as the guide says: a whole tree, and single files", async () => {
  const world = await filesWorld();
  const tree = `${world.folder}/tree`;
  sh(
    tree,
    String.raw`mkdir -p one/folder; echo 1 > one/file; chown 5:6 one/file; echo 2 > "$(printf 'one/folder/n\377\n')"; ln one/file two; truncate -s 10M one/hole; mkfifo pipe`,
  );
  await world.capture();
  const folder = await privateFolder();
  await writeFile(join(folder, "plain"), world.stored[0] ?? "");
  const guide = files.restoreGuide(world.point().artifacts);
  const [whole = "", single = ""] = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, lines]) => lines ?? "");
  const run = (script: string) =>
    execa("sh", ["-c", `set -e; open_artifact() { cat plain; }\n${script}`], { cwd: folder });

  await run(whole);

  expect(everythingIn(join(folder, "restored"))).toBe(everythingIn(tree));
  await run(`rm -r restored; mkdir restored; ${single.replace(/^# /gm, "")}`);
  expect(sh(join(folder, "restored"), "find . -type f | wc -l").trim()).toBe("2");
});
