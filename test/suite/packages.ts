import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { runServerless } from "../../local/deploy.ts";
import { repositoryRoot, stageFiles } from "../../local/stage-layout.ts";

/** The local stage as it is deployed, and what other parameters and plans make of the same files. */
const variants = {
  local: {},
  minimal: { network: "minimal" },
  private: { network: "private" },
  "sse-kms": {},
  files: {},
} as const;
export type Packaged = keyof typeof variants;
const everyPackage = Object.keys(variants) as Packaged[];
export const REPOSITORY_KEY = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";

const folderOf = (name: Packaged) => (name === "local" ? repositoryRoot : join(stageFiles.build, "packages", name));
export const templateOf = (name: Packaged) =>
  join(folderOf(name), ".serverless/cloudformation-template-update-stack.json");

/** Packages the template as a deployment would, once per variant, and asks cfn-lint. W3005 is of osls' own making. */
export async function packageEach(names = everyPackage): Promise<void> {
  for (const name of names) {
    if (name !== "local") await layOut(name);
    const parameters = Object.entries(variants[name]).flatMap(([key, value]) => ["--param", `${key}=${value}`]);
    await runServerless(["package", "--stage", "local", ...parameters], folderOf(name));
    const linter = join(repositoryRoot, ".holdfast/venv/bin/cfn-lint");
    const linted = await execa(linter, ["-i", "W3005", "-t", templateOf(name)], { all: true, reject: false });
    if (linted.failed) throw new Error(`cfn-lint, ${name}:\n${linted.all}`);
  }
}

/** A folder with the checkout's files; its functions are empty, because bundling them takes most of the time. */
async function layOut(name: Packaged): Promise<void> {
  const folder = folderOf(name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "config"), { recursive: true });
  await copyFile(join(repositoryRoot, "serverless.yml"), join(folder, "serverless.yml")); // sls takes no link for it
  const shared = ["package.json", "tsconfig.json", "node_modules", "infra", "statemachines", "lib"];
  for (const entry of [...shared, "config/escrow", "config/certificates"])
    await symlink(join(repositoryRoot, entry), join(folder, entry));
  for (const entry of await readdir(join(repositoryRoot, "functions"), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const handler = join(folder, "functions", entry.name);
    await mkdir(handler, { recursive: true });
    await symlink(join(repositoryRoot, "functions", entry.name, "function.yml"), join(handler, "function.yml"));
    await writeFile(join(handler, "handler.ts"), "export const handler = async () => {};\n");
  }
  const own = name === "files" ? "config/examples/uploads.yml" : "config/local.yml";
  const plan = parse(await readFile(join(repositoryRoot, own), "utf8"));
  if (name === "sse-kms") plan.encryption.repository = { kmsKey: REPOSITORY_KEY };
  await writeFile(join(folder, "config/local.yml"), stringify(plan));
}
