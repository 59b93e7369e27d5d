import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
const Package = z.looseObject({
  version: z.string(),
  integrity: z.string().optional(),
  optional: z.boolean().optional(),
});
const lock = z.object({ packages: z.record(z.string(), z.unknown()) }).parse(read("package-lock.json"));
const packages = Object.entries(lock.packages)
  .filter(([path]) => path !== "")
  .map(([path, entry]) => ({ path, ...Package.parse(entry) }));

describe("what npm brings in", () => {
  it("N9 is of one exact version, by name", () => {
    const { dependencies, devDependencies } = read("package.json");
    const all = Object.entries({ ...dependencies, ...devDependencies });

    expect(all.length).toBeGreaterThan(40);
    expect(all.filter(([, version]) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
  });

  it("N9 is locked by a SHA-512 of its bytes, but for what this machine can't install", () => {
    const open = packages.filter(({ integrity }) => !integrity?.startsWith("sha512-"));

    expect(packages.length - open.length).toBeGreaterThan(400);
    expect(open.filter(({ optional }) => !optional)).toEqual([]);
    expect(open.filter(({ path }) => existsSync(path))).toEqual([]); // other platforms' variants: local/fix-lock.mjs
  });

  it("N9 is installed without running its scripts, but for those that are named", () => {
    const prepare = readFileSync("local/prepare.mjs", "utf8");

    expect([...prepare.matchAll(/"ci"(.*)\]/g)].map(([, options]) => options)).toEqual([
      ', "--ignore-scripts", "--no-audit", "--no-fund"',
    ]);
    expect(Object.keys(read("package.json").allowScripts).toSorted()).toEqual(["esbuild", "node"]);
  });
});

describe("a poisoned package", () => {
  let folder: string;
  let canary: string;
  const pack = async (words: string) => {
    await mkdir(join(folder, "package"), { recursive: true });
    const manifest = { name: "poison", version: "1.0.0", words, scripts: { postinstall: `touch ${canary}` } };
    await writeFile(join(folder, "package/package.json"), JSON.stringify(manifest));
    await execa("tar", ["--create", "--gzip", "--file", "poison.tgz", "package"], { cwd: folder });
  };
  const npm = (...args: string[]) =>
    execa("npm", [...args, "--offline", "--no-audit", "--no-fund", "--cache", join(folder, "cache")], {
      ...{ cwd: folder, reject: false, all: true },
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "poison-"));
    canary = join(folder, "canary");
    await pack("as it was looked at");
    const manifest = { name: "victim", version: "1.0.0", dependencies: { poison: "file:poison.tgz" } };
    await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
    await npm("install", "--package-lock-only", "--ignore-scripts");
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("N9 runs nothing when it is installed as prepare.mjs does it", async () => {
    const { exitCode, all } = await npm("ci", "--ignore-scripts");

    expect(exitCode, all).toBe(0);
    expect(existsSync(join(folder, "node_modules/poison/package.json"))).toBe(true);
    expect(existsSync(canary)).toBe(false);
  });

  it("N9 is refused when its bytes are not those of the lock", async () => {
    for (const known of ["node_modules", "cache"]) await rm(join(folder, known), { recursive: true, force: true });
    await pack("something else");

    const { exitCode, all } = await npm("ci", "--ignore-scripts");

    expect(exitCode).not.toBe(0);
    expect(all).toContain("EINTEGRITY");
    expect(existsSync(join(folder, "node_modules/poison/package.json"))).toBe(false);
  });
});
