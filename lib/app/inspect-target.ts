import { NoSuchPoint } from "#domain/errors.ts";
import type { Inspected } from "#domain/outcome.ts";
import { isTrusted } from "#domain/recovery-point.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import { engineOf } from "./capture-source.ts";
import type { CatalogPorts } from "./catalog.ts";
import { inCopy, type OpenCopy } from "./open-copy.ts";
import { findPoint } from "./open-point.ts";

/** Looks at the target and changes nothing. */
export const inspectTarget =
  (ports: CatalogPorts & { openCopy: OpenCopy; engines: Record<string, Engine> }) =>
  async (
    input: TaskInputOf<"inspect">,
    tools: EngineTools,
  ): Promise<Pick<Inspected, "fingerprint" | "holds" | "problems">> => {
    const engine = engineOf(ports.engines, input.engine);
    const point = await findPoint(inCopy(ports, input.from), input.backupId, input.source);
    if (!isTrusted(point))
      throw new NoSuchPoint(`${input.source} in ${input.backupId} is ${point.proof}, not verified`);
    const section = engine.section.target.parse(input.section);
    const { fingerprint, holds, problems } = await engine.inspect(tools, section, {
      artifacts: point.component.artifacts,
      facts: point.facts,
      options: input.options,
    });
    return { fingerprint, holds, problems };
  };
