import type { Dropped } from "#domain/outcome.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import { engineOf } from "./capture-source.ts";

/** Drops what a restore has kept. An engine that keeps nothing has nothing to drop. */
export const dropOldState =
  (engines: Record<string, Engine>) =>
  async (input: TaskInputOf<"drop">, tools: EngineTools): Promise<Pick<Dropped, "dropped">> => {
    const engine = engineOf(engines, input.engine);
    return {
      dropped: (await engine.dropOld?.(tools, engine.section.target.parse(input.section), input.restoreId)) ?? [],
    };
  };
