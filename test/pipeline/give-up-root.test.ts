import { mkdtemp, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";

it("N7: ends root for good, for itself and for every tool, and keeps its work folder", async () => {
  const workDir = await mkdtemp(join(tmpdir(), "root-"));
  const script = `
    import { execFileSync } from "node:child_process";
    import { writeFileSync } from "node:fs";
    import { giveUpRoot } from "./containers/worker/give-up-root.ts";
    giveUpRoot(${JSON.stringify(workDir)});
    giveUpRoot(${JSON.stringify(workDir)});
    writeFileSync(${JSON.stringify(join(workDir, "file"))}, "");
    let back = "stays";
    try { process.setuid(0); back = "root again"; } catch {}
    console.log(execFileSync("id", { encoding: "utf8" }).trim(), execFileSync("grep", ["CapEff", "/proc/self/status"], { encoding: "utf8" }).trim(), back);`;

  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", script]);

  expect(stdout).toMatch(/^uid=10001\S* gid=10001\S* groups=10001\S* CapEff:\s+0{16} stays$/);
  expect(await stat(join(workDir, "file"))).toMatchObject({ uid: 10_001, gid: 10_001 });
});
