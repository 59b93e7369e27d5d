import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { ensureStockToolsImage } from "#local/images/images.ts";
import { remove, runDetached } from "#local/podman.ts";
import { emulatorEnvironment, repositoryRoot, stageAddresses, stageFiles, toolPath } from "#local/stage-layout.ts";

const TIMEOUT_MS = 120_000;
/** Of the release that the images are of. */
const toolsOfDebian = { aws: "", jq: "--interactive", logger: "--interactive" };

/** What stands in a page's commands, and what it is now. */
export type Bindings = Record<string, string>;
/** Runs commands and gives what they print. @throws unless each of them exits 0 */
export type Shell = (commands: string) => Promise<string>;

/** Somebody with a shell in the checkout, the AWS CLI and rights to the stage. */
export async function openReader(): Promise<{ openShell: () => Promise<Shell>; close: () => Promise<void> }> {
  const gateway = `http://${stageAddresses.gateway}:${stageAddresses.emulatorPort}`;
  const container = await runDetached({
    image: await ensureStockToolsImage(),
    argv: ["sleep", "infinity"],
    env: { ...emulatorEnvironment, AWS_ENDPOINT_URL: gateway },
  });
  await mkdir(stageFiles.build, { recursive: true });
  const folder = await mkdtemp(join(stageFiles.build, "reader-"));
  for (const [tool, options] of Object.entries(toolsOfDebian)) {
    const file = join(folder, tool);
    const exec = `exec podman exec ${options} ${container} ${tool} "$@"`;
    await writeFile(file, `#!/bin/bash\nCONTAINERS_CONF='${stageFiles.containersConf}' ${exec}\n`);
    await chmod(file, 0o755);
  }
  let shells = 0;
  return {
    openShell: async () => openShell(folder, `shell-${shells++}`),
    close: async () => {
      await remove([container]);
      await rm(folder, { recursive: true });
    },
  };
}

/** Like a terminal it keeps its variables and functions from one command to the next. */
async function openShell(folder: string, name: string): Promise<Shell> {
  const memory = join(folder, `${name}-memory`);
  const script = join(folder, name);
  await writeFile(memory, "");
  return async (commands) => {
    await writeFile(
      script,
      `. '${memory}'\nset -aeo pipefail\n${commands}\nexport -p > '${memory}'\ndeclare -f >> '${memory}'\n`,
    );
    const run = await execa("bash", [script], {
      ...{ cwd: repositoryRoot, stdin: "ignore", timeout: TIMEOUT_MS, reject: false, all: true },
      env: { ...emulatorEnvironment, PATH: `${folder}:${toolPath}` },
    });
    if (run.failed) throw new Error(`${run.shortMessage}\n${commands}\n${run.all}`);
    return run.stdout;
  };
}

/** @throws when something is left in it that stands for something else */
export function bind(commands: string, bindings: Bindings): string {
  const longestFirst = Object.entries(bindings).toSorted(([a], [b]) => b.length - a.length);
  const bound = longestFirst.reduce((text, [name, value]) => text.replace(anywhere(name), () => value), commands);
  const left = /<\w+>|…/.exec(bound)?.[0];
  if (left !== undefined) throw new Error(`"${left}" stands for something that is not known:\n${bound}`);
  return bound;
}

/** As a word, where it is one: `prod` in `holdfast-prod-announce`, not in `product`. */
const anywhere = (name: string) => new RegExp(/^[\w-]+$/.test(name) ? `\\b${name}\\b` : name, "g");
