import type { Artifact } from "#domain/artifact.ts";
import { FactsDiffer, NoSuchPoint } from "#domain/errors.ts";
import { compareFacts, countFacts, describeDifferences, type Facts } from "#domain/facts.ts";
import type { Phases, Restored } from "#domain/outcome.ts";
import { isTrusted } from "#domain/recovery-point.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import type { DataKeys } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Sealing } from "#ports/sealing.ts";
import { engineOf } from "./capture-source.ts";
import type { CatalogPorts } from "./catalog.ts";
import { inCopy, type OpenCopy } from "./open-copy.ts";
import { findPoint, openPoint } from "./open-point.ts";
import { recordProgress } from "./record-progress.ts";
import { claimSwap, throwIfDecidedAgainst } from "./swap-or-cancel.ts";

type Ports = CatalogPorts & {
  openCopy: OpenCopy;
  engines: Record<string, Engine>;
  keys: DataKeys;
  sealing: Sealing;
  clock: Clock;
};
type Result = Pick<Restored, "phases" | "factsCompared" | "putThere" | "kept" | "notes">;

/** The phase that changes the target. */
const SWAP = "swap";

/**
 * Loads a point beside what is there, compares its facts with the capture's, and swaps, unless it was cancelled before. Throws,
 * and the target is as it was. Says how far it is meanwhile.
 */
export const restoreSource =
  (ports: Ports) =>
  async (input: TaskInputOf<"restore">, attempt: number, tools: EngineTools): Promise<Result> => {
    const { restoreId, runId, task } = input;
    await throwIfDecidedAgainst(ports, restoreId);
    const engine = engineOf(ports.engines, input.engine);
    const where = inCopy(ports, input.from);
    const point = await findPoint(where, input.backupId, input.source);
    if (!isTrusted(point))
      throw new NoSuchPoint(`${input.source} in ${input.backupId} is ${point.proof}, not verified`);
    const { open, count } = await openPoint(where, point, tools.signal);
    const target = engine.section.target.parse(input.section);
    const whole = { artifacts: point.component.artifacts, facts: point.facts, options: input.options };
    const totalBytes = storedBytes(engine.readsToRestore?.(whole) ?? whole.artifacts);
    const meter = { bytes: () => count.bytes, totalBytes };
    const phases: Phases = {};
    let factsCompared = 0;
    let mayBeSwapped = false;
    const progress = recordProgress({ ...ports, log: tools.log }, { runId, task, attempt }, meter);
    const steps = {
      async phase<T>(name: string, work: () => Promise<T>): Promise<T> {
        if (name === SWAP && !mayBeSwapped) await claimSwap(ports, restoreId);
        mayBeSwapped ||= name === SWAP; // what has begun ends, whatever can be asked of the repository by then
        progress.enter(name);
        return measure(phases, name, work);
      },
      compare(captured: Facts, restored: Facts): void {
        factsCompared += compareWhole(captured, restored);
      },
    };
    const { fingerprint } = input;
    const result = await engine
      .restore({ ...tools, ...steps, open, restoreId, fingerprint }, target, whole)
      .finally(progress.stop);
    if (factsCompared === 0) throw new FactsDiffer("Nothing was compared, which proves nothing");
    const fetch = count.waitedForStorageMs / 1000;
    return {
      ...result,
      notes: [...result.notes, ...(input.from ? [`The point was read from its copy in ${input.from.bucket}.`] : [])],
      factsCompared,
      phases: rounded({ fetch, ...phases, load: Math.max(0, (phases["load"] ?? 0) - fetch) }),
    };
  };

const storedBytes = (artifacts: Artifact[]) => artifacts.reduce((sum, { bytes }) => sum + bytes, 0);

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
