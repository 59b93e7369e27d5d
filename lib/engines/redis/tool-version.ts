import type { EngineTools } from "#ports/engine.ts";

/** `8.0.2`: of the worker's own `redis-server`, `redis-cli` … Throws `CommandFailed` when the tool is not there. */
export async function toolVersion({ commands, signal }: EngineTools, file: string): Promise<string> {
  const { stdout } = await commands.run({ file, args: ["--version"] }, signal);
  return /(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? stdout.trim();
}
