import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (file: string) => readFileSync(file, "utf8");

it("docs/reference/errors.md says of every error when it comes, what is intact and what to do next", () => {
  const names = [...read("lib/domain/errors.ts").matchAll(/name = "(\w+)"/g)].map(([, name]) => name);
  const documented = [...read("docs/reference/errors.md").matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  expect(documented.toSorted()).toEqual(names.toSorted());
});

it("AS-31 every alarm that exists has a runbook", () => {
  const codes = [...read("lib/app/describe-failure.ts").matchAll(/code: "(\w+)"/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(3);
  for (const code of [...codes, "Undelivered"]) expect(existsSync(`docs/runbooks/${code}.md`), code).toBe(true);
});

it("every relative link of README and docs leads somewhere", () => {
  for (const file of [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/glossary.md",
    "docs/syslog.md",
    "docs/faults.md",
    "docs/coverage.md",
    "docs/reference/plan.md",
    "docs/reference/metrics.md",
  ]) {
    const folder = file.includes("/") ? file.slice(0, file.lastIndexOf("/") + 1) : "";
    for (const [, target = ""] of read(file).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g))
      expect(existsSync(folder + target), `${file}: ${target}`).toBe(true);
  }
});
