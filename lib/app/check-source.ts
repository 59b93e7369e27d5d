import type { SourceChecked } from "#domain/outcome.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import { engineOf } from "./capture-source.ts";

/** Proves reach, login, rights and versions from where captures run, and captures nothing. */
export const checkSource =
  (engines: Record<string, Engine>) =>
  async (input: TaskInputOf<"check">, tools: EngineTools): Promise<Pick<SourceChecked, "problems" | "findings">> => {
    const engine = engineOf(engines, input.engine);
    return engine.preflight(tools, engine.section.source.parse(input.section));
  };
