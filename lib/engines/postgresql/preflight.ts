import type { EngineTools, Preflight } from "#ports/engine.ts";
import type { PostgresqlSource } from "./config.ts";
import { survey } from "./survey.ts";

/** Reach, login, rights, versions, and that no pooler stands in between: everything that is wrong, at once. */
export async function preflight(tools: EngineTools, source: PostgresqlSource): Promise<Preflight> {
  const { problems, findings } = await survey(tools, source);
  return { problems, findings };
}
