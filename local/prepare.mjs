// Makes a fresh Debian machine ready: node_modules, a Python environment in .holdfast/venv, and container tools by apt.
// What is there is left alone. Runs before node_modules exists, on the machine's own Node: built-in modules only.
//   node local/prepare.mjs            all of it
//   node local/prepare.mjs --quick    npm packages only
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";

const root = resolve(import.meta.dirname, "..");
const state = join(root, ".holdfast");
const logs = join(state, "logs");
const venv = join(state, "venv");
const requirements = join(root, "local/requirements.txt");
const aptPackages = [
  ...["podman", "runc", "buildah", "netavark", "aardvark-dns", "iptables", "uidmap", "mmdebstrap"],
  "git", // the suite makes a repository with a secret in its history, to see it found
];

try {
  mkdirSync(logs, { recursive: true });
  await (process.argv.includes("--quick") ? prepareNpm() : prepareAll());
} catch (error) {
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
}

/** What does not depend on each other runs side by side; everything that fails is named, not only the first. */
async function prepareAll() {
  const python = pythonNeeded() ? findPython() : undefined;
  const missing = missingAptPackages(python?.lacksVenv ? [...aptPackages, "python3-venv"] : aptPackages);
  if (missing.length > 0) say(`Outside this folder, apt will install: ${missing.join(" ")}`);
  const apt = missing.length > 0 ? prepareApt(missing) : Promise.resolve();
  const pythonPackages =
    python === undefined
      ? Promise.resolve()
      : (python.lacksVenv ? apt.catch(() => {}) : Promise.resolve()).then(() => preparePython(python));
  const failures = (await Promise.allSettled([prepareNpm(), apt, pythonPackages])).filter(
    ({ status }) => status === "rejected",
  );
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason.message).join("\n"));
}

async function prepareNpm() {
  const wanted = hashOf(join(root, "package-lock.json"));
  const marker = join(state, "package-lock.sha256");
  if (existsSync(join(root, "node_modules/.bin/node")) && (read(marker) === wanted || holdsEveryPackage()))
    return writeFileSync(marker, wanted);
  rmSync(marker, { force: true }); // a half-done installation must not look like a whole one
  await step("npm packages", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]); // nobody's script runs but those that are named:
  const { allowScripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  await step("programs in npm packages", "npm", ["rebuild", ...Object.keys(allowScripts)]);
  writeFileSync(marker, wanted);
}

/** For node_modules that somebody else installed: the lock that npm leaves in it has the same versions. */
function holdsEveryPackage() {
  const installed = JSON.parse(read(join(root, "node_modules/.package-lock.json")) ?? '{"packages":{}}').packages;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === "" || optional || installed[path]?.version === version,
  );
}

function pythonNeeded() {
  return !existsSync(join(venv, "bin/python")) || read(join(venv, "requirements.sha256")) !== hashOf(requirements);
}

/** The first Python that is new enough. `lacksVenv`: Debian keeps part of the standard library in a package of its own. */
function findPython() {
  const isNewEnough = (name) =>
    spawnSync(name, ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).status === 0;
  const name = ["python3", "python3.13", "python3.12", "python3.11"].find(isNewEnough);
  if (name === undefined)
    throw new Error("Python 3.11 or newer is missing, and the AWS emulator needs it: apt-get install python3");
  return { name, lacksVenv: spawnSync(name, ["-c", "import ensurepip, venv"]).status !== 0 };
}

async function preparePython({ name }) {
  if (!existsSync(join(venv, "bin/pip"))) {
    const hasVenv = spawnSync(name, ["-c", "import ensurepip, venv"]).status === 0;
    await step("Python environment", name, ["-m", "venv", "--clear", ...(hasVenv ? [] : ["--without-pip"]), venv]);
  }
  const pip = existsSync(join(venv, "bin/pip"))
    ? [join(venv, "bin/python"), "-m", "pip"]
    : [name, "-m", "pip", "--python", join(venv, "bin/python")];
  await step("Python packages (AWS emulator, cfn-lint)", pip[0], [
    ...pip.slice(1),
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--requirement",
    requirements,
  ]);
  writeFileSync(join(venv, "requirements.sha256"), hashOf(requirements));
}

function missingAptPackages(names) {
  const listed = spawnSync("dpkg-query", ["--show", "--showformat=${Package} ${db:Status-Status}\\n", ...names], {
    encoding: "utf8",
  });
  if (listed.error)
    throw new Error(
      `This machine has no dpkg. The local stage needs ${names.join(", ")}: install them by its own package manager.`,
    );
  return names.filter((name) => !listed.stdout.split("\n").includes(`${name} installed`));
}

async function prepareApt(missing) {
  const apt = process.getuid() === 0 ? ["apt-get"] : ["sudo", "-n", "apt-get"];
  const byHand = `${process.getuid() === 0 ? "" : "sudo "}apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  // A list that can't be had need not be the one that counts: if it is, the installation says so.
  await step("apt: package lists", apt[0], [...apt.slice(1), "update", "--quiet"]).catch(() => {});
  await step(
    "apt: container tools",
    apt[0],
    [...apt.slice(1), "install", "-y", "--quiet", "--no-install-recommends", ...missing],
    byHand,
  );
}

/** Runs a command with its output in a log, and tells how long it took. @throws with what a person would type to get on */
async function step(title, file, args, byHand = [file, ...args].join(" ")) {
  const log = join(logs, `prepare-${title.replaceAll(/[^a-z]+/gi, "-").toLowerCase()}.log`);
  const output = openSync(log, "w");
  const startedAt = performance.now();
  const slow = setTimeout(() => say(`… ${title}`), 4_000);
  const code = await new Promise((done) => {
    const child = spawn(file, args, {
      cwd: root,
      stdio: ["ignore", output, output],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    child.once("error", () => done("it is not there")).once("exit", done);
  });
  clearTimeout(slow);
  closeSync(output);
  say(
    `${code === 0 ? "✓" : "✗"} ${title.padEnd(48)} ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s`,
  );
  if (code !== 0) throw new Error(`${title}: not installed (${lastLine(log) || code}). By hand: ${byHand}`);
}

function lastLine(log) {
  return readFileSync(log, "utf8").trimEnd().split("\n").at(-1);
}

function hashOf(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

function read(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function say(text) {
  process.stdout.write(`  ${text}\n`);
}
