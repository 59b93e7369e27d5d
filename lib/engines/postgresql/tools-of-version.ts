import { CommandFailed } from "#domain/errors.ts";
import type { EngineTools } from "#ports/engine.ts";

export type Tool = { file: string; version: string; major: number };
type Name = "pg_dump" | "pg_restore" | "pg_dumpall";
type Tools = Pick<EngineTools, "commands" | "signal">;

/**
 * A client tool of this major version: from PATH, or from where Debian and the PGDG packages keep each version.
 * `undefined` when neither has it. `inPath` says what is there instead, for messages.
 */
export async function findTool(
  tools: Tools,
  name: Name,
  major: number,
): Promise<{ tool: Tool | undefined; inPath: string }> {
  const inPath = await ask(tools, name);
  const tool = inPath?.major === major ? inPath : await ask(tools, `/usr/lib/postgresql/${major}/bin/${name}`);
  return {
    tool: tool?.major === major ? tool : undefined,
    inPath: inPath ? `${name} ${inPath.version}` : `no ${name}`,
  };
}

/** The same, where there has to be one. Throws `CommandFailed`. */
export async function needTool(tools: Tools, name: Name, major: number): Promise<Tool> {
  const { tool, inPath } = await findTool(tools, name, major);
  if (tool) return tool;
  throw new CommandFailed(`${name} ${major} is needed and there is ${inPath}: install postgresql-client-${major}`);
}

/** The one of PATH, which reads the archives of every older one. Throws `CommandFailed` when there is none. */
export async function newestTool(tools: Tools, name: Name): Promise<Tool> {
  const tool = await ask(tools, name);
  if (!tool) throw new CommandFailed(`there is no ${name}: install postgresql-client in the worker's image`);
  return tool;
}

async function ask({ commands, signal }: Tools, file: string): Promise<Tool | undefined> {
  try {
    const { stdout } = await commands.run({ file, args: ["--version"] }, signal);
    const version = /\(PostgreSQL\) (\S+)/.exec(stdout)?.[1];
    return version === undefined ? undefined : { file, version, major: Number.parseInt(version, 10) };
  } catch (error) {
    if (error instanceof CommandFailed && !signal.aborted) return undefined;
    throw error;
  }
}
