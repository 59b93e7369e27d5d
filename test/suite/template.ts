import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { emulatorEnvironment, repositoryRoot } from "../../local/stage-layout.ts";
import { quietly } from "./steps.ts";

/** Packages the template as a deployment would, then cfn-lint and asl-validator. W3005 is of osls' own making. */
export async function lintTemplate(): Promise<void> {
  await quietly("sls", ["package", "--stage", "local"], emulatorEnvironment);
  const template = join(repositoryRoot, ".serverless/cloudformation-template-update-stack.json");
  const linted = await execa(join(repositoryRoot, ".holdfast/venv/bin/cfn-lint"), ["-i", "W3005", "-t", template], {
    all: true,
    reject: false,
  });
  if (linted.failed) throw new Error(`cfn-lint:\n${linted.all}`);
  const machines = (await readdir(join(repositoryRoot, "statemachines"))).filter((file) => file.endsWith(".asl.yml"));
  for (const machine of machines) await quietly("asl-validator", ["--yaml-path", join("statemachines", machine)]);
}
