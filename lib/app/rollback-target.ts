import { NothingToRollBack } from "#domain/errors.ts";
import type { RolledBack } from "#domain/outcome.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import { engineOf } from "./capture-source.ts";

/** Puts back what a restore replaced, where the engine's swap has kept it. Throws, and the target is as it was. */
export const rollbackTarget =
  (engines: Record<string, Engine>) =>
  async (input: TaskInputOf<"rollback">, tools: EngineTools): Promise<Pick<RolledBack, "kept" | "notes">> => {
    const engine = engineOf(engines, input.engine);
    if (!engine.rollback)
      throw new NothingToRollBack(`A restore of ${engine.id} keeps no old state beside the new one`);
    return engine.rollback(tools, engine.section.target.parse(input.section), input);
  };
