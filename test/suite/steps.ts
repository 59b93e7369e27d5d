import { join } from "node:path";
import { execa } from "execa";
import { repositoryRoot, toolPath } from "../../local/stage-layout.ts";

/** A tool of the repository that says nothing when all is well; its words are the error when it isn't. */
export async function quietly(tool: string, args: readonly string[]): Promise<void> {
  const { failed, all } = await execa(join(repositoryRoot, "node_modules/.bin", tool), args, {
    cwd: repositoryRoot,
    env: { PATH: toolPath, FORCE_COLOR: "0" },
    stdin: "ignore",
    all: true,
    timeout: 300_000,
    reject: false,
  });
  if (failed) throw new Error(`${tool} ${args.join(" ")}:\n${all}`);
}

/** Format, lint, types and import directions. */
export const staticChecks = [
  { title: "format and lint", work: () => quietly("biome", ["ci", "--colors=off", "."]) },
  { title: "types", work: () => quietly("tsc", ["--noEmit"]) },
  {
    title: "imports go one way",
    work: () => quietly("depcruise", ["lib", "functions", "containers", "events", "infra", "local", "test"]),
  },
  { title: "nothing unused", work: () => quietly("knip", []) },
] as const;
