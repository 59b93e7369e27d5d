import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

/** Every test of this project runs in the same container; these say what that container is. */
const status = (field: string) =>
  new RegExp(`^${field}:\\s+(.*)$`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1];

it("ECS the worker's tools run without root, without capabilities and without a way to gain any", () => {
  expect(status("Uid")).toBe("10001\t10001\t10001\t10001");
  for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) expect(status(set), set).toMatch(/^0+$/);
  expect(status("NoNewPrivs")).toBe("1");
});

it.each(["/", "/app", "/etc", "/tmp", "/var/tmp", "/usr/bin", "/run", process.cwd()])(
  "ECS a task can't write to %s",
  (folder) => {
    expect(() => accessSync(folder, constants.W_OK)).toThrow(/EROFS|EACCES/);
  },
);

it("ECS a task has one folder to write to, the scratch volume", () => {
  const folder = mkdtempSync(join(tmpdir(), "confinement-"));
  writeFileSync(join(folder, "a-file"), "bytes");

  expect(folder).toMatch(/^\/scratch\//);
  expect(readFileSync(join(folder, "a-file"), "utf8")).toBe("bytes");
});

it("ECS the packaged worker starts in that container, and says by name what its task definition lacks", () => {
  const { status: exitCode, stderr } = spawnSync("node", ["--liftoff-only", "/app/main.mjs"], {
    env: { PATH: process.env["PATH"], TMPDIR: tmpdir(), STAGE: "test" },
    encoding: "utf8",
  });

  expect(exitCode).toBe(1);
  expect(stderr).toContain("ConfigInvalid");
  expect(stderr).toContain("REPOSITORY_BUCKET");
});
