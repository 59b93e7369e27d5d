import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const text = readFileSync("SECURITY.md", "utf8");
const references = [...text.matchAll(/`(test\/[\w/.-]+\.test\.ts)` "([^"]+)"/g)].map(
  ([, file = "", title = ""]) => [file, title] as const,
);

it.each(references)("SECURITY.md names a test that is there: %s, %s", (file, title) => {
  expect(existsSync(file), file).toBe(true);
  const source = readFileSync(file, "utf8");
  const titles = [...source.matchAll(/\bit(?:\.each\([\s\S]*?\))?\(\s*(["'`])([\s\S]*?)\1/g)].map(
    ([, , found]) => found,
  );
  expect(titles).toContain(title);
});

it("every line of SECURITY.md about an attacker ends in the test that shows it", () => {
  const attackers = text.slice(text.indexOf("## Attackers"), text.indexOf("## The task's container"));
  const claims = attackers.split("\n").filter((line) => line.startsWith("- "));

  expect(claims.length).toBeGreaterThan(20);
  expect(claims.filter((line) => !/: `test\/\S+` ".+"$/.test(line))).toEqual([]);
});
