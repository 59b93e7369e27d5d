import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";

/** A tree with one file in it, judged by the repository's own rules. */
async function judge(files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), "imports-"));
  for (const file of [".dependency-cruiser.cjs", "tsconfig.json", "package.json"]) cpSync(file, join(root, file));
  symlinkSync(resolve("node_modules"), join(root, "node_modules"));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const { stdout, exitCode } = await execa(resolve("node_modules/.bin/depcruise"), ["lib"], {
    cwd: root,
    reject: false,
  });
  return { stdout, exitCode };
}

it("an allowed import passes, so that the rules below are not red for another reason", async () => {
  const { exitCode, stdout } = await judge({
    "lib/app/a.ts": 'import { b } from "#domain/b.ts";\nexport const a = b;\n',
    "lib/domain/b.ts": "export const b = 1;\n",
  });
  expect(exitCode, stdout).toBe(0);
});

it.each([
  [
    "domain-is-pure",
    { "lib/domain/a.ts": 'import { readFileSync } from "node:fs";\nexport const a = readFileSync;\n' },
  ],
  [
    "domain-knows-nobody",
    {
      "lib/domain/a.ts": 'import { b } from "#app/b.ts";\nexport const a = b;\n',
      "lib/app/b.ts": "export const b = 1;\n",
    },
  ],
  [
    "app-knows-ports",
    {
      "lib/app/a.ts": 'import { b } from "#adapters/b.ts";\nexport const a = b;\n',
      "lib/adapters/b.ts": "export const b = 1;\n",
    },
  ],
  [
    "only-adapters-know-sdks-and-processes",
    { "lib/app/a.ts": 'import { S3Client } from "@aws-sdk/client-s3";\nexport const a = S3Client;\n' },
  ],
  ["no-unresolved", { "lib/app/a.ts": 'import { b } from "#domain/nowhere.ts";\nexport const a = b;\n' }],
])("a planted violation of %s is found", async (rule, files) => {
  const { exitCode, stdout } = await judge(files);
  expect(exitCode).not.toBe(0);
  expect(stdout).toContain(rule);
});
