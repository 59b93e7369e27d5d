import { existsSync, globSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, it } from "vitest";

const REQUIREMENT = /\b(?:(?:AS|AP|SK|IS|GL)-\d{1,2}|C[1-6])\b/g;
const PROOF = /\[[^\]]+\]\(\.\.\/(test\/[^)]+)\) “([^”]+)”/g;

type Row = { id: string; proofs: { file: string; title: string }[]; state: string };

/** The rows of docs/coverage.md: id, what is asked, proofs, state. */
const rows: Row[] = readFileSync("docs/coverage.md", "utf8")
  .split("\n")
  .filter((line) => /^\| [A-Z]+-?\d/.test(line))
  .map((line) => {
    const [id = "", , proofs = "", state = ""] = line
      .slice(1, -1)
      .split(" | ")
      .map((cell) => cell.trim());
    return { id, state, proofs: [...proofs.matchAll(PROOF)].map(([, file = "", title = ""]) => ({ file, title })) };
  });

/** Every title in a test file, as it is written: `describe("…")`, `it("…")`, `it.each(…)("…")`. */
function titlesIn(file: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && /^(it|describe)\b/.test(node.expression.getText())) {
      const [first] = node.arguments;
      if (first && (ts.isStringLiteralLike(first) || ts.isTemplateExpression(first)))
        titles.push(ts.isStringLiteralLike(first) ? first.text : first.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true));
  return titles;
}

it("docs/coverage.md proves each requirement by tests that exist", () => {
  expect(rows.length).toBeGreaterThan(20);
  for (const { id, proofs } of rows) {
    expect(proofs.length, `${id} names no test`).toBeGreaterThan(0);
    for (const { file, title } of proofs) {
      expect(existsSync(file), `${id}: ${file} does not exist`).toBe(true);
      const found = titlesIn(file).filter((one) => one.includes(title));
      expect(found, `${id}: “${title}” in ${file}`).toHaveLength(1);
    }
  }
});

it("docs/coverage.md lists each requirement once, as met or as partly met with what is missing", () => {
  expect(rows.map(({ id }) => id)).toEqual([...new Set(rows.map(({ id }) => id))]);
  for (const { id, state } of rows) expect(state, id).toMatch(/^(met|partly: .{10,})/);
});

it("docs/coverage.md has a row for every requirement that a test carries in its title", () => {
  const claimed = globSync("test/**/*.test.ts").flatMap((file) =>
    titlesIn(file).flatMap((title) => [...title.matchAll(REQUIREMENT)].map(([id]) => `${id} by ${file}`)),
  );
  const listed = new Set(rows.flatMap(({ id, proofs }) => proofs.map(({ file }) => `${id} by ${file}`)));

  expect(claimed.length).toBeGreaterThan(20);
  expect(claimed.filter((claim) => !listed.has(claim))).toEqual([]);
});
