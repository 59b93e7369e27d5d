import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "../../local/stage-layout.ts";
import { packageEach } from "./packages.ts";
import { quietly } from "./steps.ts";

/** The packaged templates and the machines are what AWS would accept. */
export async function lintTemplate(): Promise<void> {
  await packageEach();
  const machines = (await readdir(join(repositoryRoot, "statemachines"))).filter((file) => file.endsWith(".asl.yml"));
  for (const machine of machines) await quietly("asl-validator", ["--yaml-path", join("statemachines", machine)]);
}
