import { HookFailed } from "#domain/errors.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import { engineOf } from "./capture-source.ts";

/** Runs the statement of a hook in a source or a target, within its time. */
export const runSql =
  (engines: Record<string, Engine>) =>
  async (input: TaskInputOf<"sql">, tools: EngineTools): Promise<object> => {
    const { id, section, runSql: run } = engineOf(engines, input.engine);
    if (!run) throw new HookFailed(`${id} speaks no SQL`);
    await run(tools, (input.isTarget ? section.target : section.source).parse(input.section), input);
    return {};
  };
