import { FactsDiffer, NoSuchPoint } from "#domain/errors.ts";
import { compareFacts, countFacts, describeDifferences, type Facts } from "#domain/facts.ts";
import type { Phases, Restored } from "#domain/outcome.ts";
import { isTrusted } from "#domain/recovery-point.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import type { DataKeys } from "#ports/keys.ts";
import type { Sealing } from "#ports/sealing.ts";
import { engineOf } from "./capture-source.ts";
import type { CatalogPorts } from "./catalog.ts";
import { findPoint, openPoint } from "./open-point.ts";

type Ports = CatalogPorts & { engines: Record<string, Engine>; keys: DataKeys; sealing: Sealing };
type Result = Pick<Restored, "phases" | "factsCompared" | "putThere" | "kept" | "notes">;

/** Loads a point beside what is there, compares its facts with the capture's, and swaps. Throws, and the target is as it was. */
export const restoreSource =
  (ports: Ports) =>
  async (input: TaskInputOf<"restore">, tools: EngineTools): Promise<Result> => {
    const engine = engineOf(ports.engines, input.engine);
    const point = await findPoint(ports, input.backupId, input.source);
    if (!isTrusted(point))
      throw new NoSuchPoint(`${input.source} in ${input.backupId} is ${point.proof}, not verified`);
    const { open, count } = await openPoint(ports, point, tools.signal);
    const phases: Phases = {};
    let factsCompared = 0;
    const result = await engine.restore(
      {
        ...tools,
        open,
        restoreId: input.restoreId,
        fingerprint: input.fingerprint,
        phase: (name, work) => measure(phases, name, work),
        compare: (captured, restored) => {
          factsCompared += compareWhole(captured, restored);
        },
      },
      engine.section.target.parse(input.section),
      { artifacts: point.component.artifacts, facts: point.facts, options: input.options },
    );
    if (factsCompared === 0) throw new FactsDiffer("Nothing was compared, which proves nothing");
    const fetch = count.waitedForStorageMs / 1000;
    return {
      ...result,
      factsCompared,
      phases: rounded({ fetch, ...phases, load: Math.max(0, (phases["load"] ?? 0) - fetch) }),
    };
  };

async function measure<T>(phases: Phases, name: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  try {
    return await work();
  } finally {
    phases[name] = (phases[name] ?? 0) + (performance.now() - begun) / 1000;
  }
}

function compareWhole(captured: Facts, restored: Facts): number {
  const differences = compareFacts(captured, restored);
  if (differences.length > 0)
    throw new FactsDiffer(`What was loaded is not what was captured:\n${describeDifferences(differences)}`);
  const facts = countFacts(captured);
  if (facts === 0) throw new FactsDiffer("The capture has no facts, so nothing can be proved");
  return facts;
}

const rounded = (phases: Phases): Phases =>
  Object.fromEntries(Object.entries(phases).map(([name, seconds]) => [name, Math.round(seconds * 100) / 100]));
