import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { memoryKills } from "#adapters/commands/memory-kills.ts";

it.each([
  ["the second version", "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n", 2],
  ["the first version", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", 1],
  ["nothing that counts", "", 0],
])("S4 reads from cgroups of %s how many processes were killed for their memory", (_, text, kills) => {
  const file = join(mkdtempSync(join(tmpdir(), "cgroup-")), "events");
  writeFileSync(file, text);

  expect(memoryKills([`${file}-of-another-version`, file])).toBe(kills);
});

it("S4 finds nobody killed in the container of these tests, which has all the memory that they need", () => {
  expect(memoryKills()).toBe(0);
});
