import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";
import { gitleaks } from "../suite/gitleaks.ts";

/** `dir` looks at files, `git` at every commit. Exit code 1 is a finding; what could not be scanned has another. */
async function scan(mode: "dir" | "git", folder: string) {
  const config = join(process.cwd(), ".gitleaks.toml");
  const args = [mode, "--no-banner", "--no-color", "--redact", "--verbose", "--config", config, "."];
  const { exitCode, all } = await execa(gitleaks, args, { cwd: folder, all: true, reject: false });
  return { exitCode, all };
}

async function folderWith(file: string, content: string) {
  const folder = await mkdtemp(join(tmpdir(), "planted-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, file, ".."), { recursive: true });
  await writeFile(join(folder, file), content);
  return folder;
}

/** Put together here, so that this file holds none. */
const planted = {
  "an AWS access key": ["lib/a.ts", `const key = "${"AKIA"}${"Y3FDJQ7XLM5ZPNWT"}";`],
  "a private key": [
    "config/escrow/prod.asc",
    `-----BEGIN PGP ${"PRIVATE KEY"} BLOCK-----\n\n${"lIYEZxk3BhYJKwYBBAHaRw8BAQdA".repeat(8)}\n-----END PGP PRIVATE KEY BLOCK-----\n`,
  ],
  "a Slack webhook": [
    "config/prod.yml",
    `webhook: https://hooks.slack.com/${"services"}/T02BQ8XNM4J/B06R7KDYV1P/x8QfLw3ZtYk5RbNc7HsJm2Vd`,
  ],
} as const;

it.each(Object.entries(planted))("N6 a scan finds %s that somebody left in a file", async (_, [file, content]) => {
  const { exitCode, all } = await scan("dir", await folderWith(file, content));

  expect(exitCode, all).toBe(1);
  expect(all).toContain(file);
});

it("N6 a scan finds a secret that was committed and taken out again", async () => {
  const [file, content] = planted["an AWS access key"];
  const folder = await folderWith(file, content);
  const git = (...args: string[]) =>
    execa("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], { cwd: folder });
  await git("init", "--quiet");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "with");
  await git("rm", "--quiet", file);
  await git("commit", "--quiet", "--message", "without");

  expect(await scan("dir", folder)).toMatchObject({ exitCode: 0 });
  expect(await scan("git", folder)).toMatchObject({ exitCode: 1 });
});

it("N6 no file of the repository holds a secret, and no commit ever did", async () => {
  const modes = existsSync(".git") ? (["dir", "git"] as const) : (["dir"] as const);

  for (const mode of modes) {
    const { exitCode, all } = await scan(mode, process.cwd());
    expect(exitCode, all).toBe(0);
    expect(all).toMatch(/scanned ~[1-9]\d+ bytes/); // a scan of nothing finds nothing, too
  }
});
