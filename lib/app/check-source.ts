import type { SourceChecked } from "#domain/outcome.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import { notAsked, ok, problem } from "#domain/source-check.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import type { Clock } from "#ports/log.ts";
import type { Surroundings } from "#ports/surroundings.ts";
import { engineOf } from "./capture-source.ts";
import { type AwsProbes, checkKey, checkUploads } from "./check-aws.ts";
import { checkReach, patiently } from "./check-reach.ts";
import { checkScratch } from "./check-scratch.ts";

type Ports = {
  engines: Record<string, Engine>;
  layout: RepositoryLayout;
  probes: AwsProbes;
  surroundings: Surroundings;
  clock: Clock;
  /** For tests to shorten. */
  patienceMs?: number;
};
type Checked = Pick<SourceChecked, "checks" | "room">;

/**
 * Proves route, TLS, AWS, login, rights, versions and room from where captures run and with their role, and captures
 * nothing. What does not depend on each other is asked at the same time, so that everything that is wrong is told at once.
 */
export const checkSource =
  (ports: Ports) =>
  async (input: TaskInputOf<"check">, tools: EngineTools): Promise<Checked> => {
    const { layout, probes } = ports;
    const [server, key, uploads] = await Promise.all([
      checkServer(ports, input, tools),
      checkKey(probes, input),
      checkUploads(probes, layout, input, tools.signal),
    ]);
    tools.signal.throwIfAborted();
    const scratch = await checkScratch(ports.surroundings, tools.workDir, server.room?.scratchBytes);
    return { checks: [...server.checks, scratch, key, uploads], ...(server.room ? { room: server.room } : {}) };
  };

async function checkServer(ports: Ports, input: TaskInputOf<"check">, tools: EngineTools): Promise<Checked> {
  const engine = engineOf(ports.engines, input.engine);
  const section = engine.section.source.parse(input.section);
  const { checks, wrong } = await checkReach(ports, engine.reach(section));
  if (wrong.length > 0)
    return { checks: [...checks, notAsked("source", `login, rights and versions: after ${wrong.join(" and ")}`)] };
  const found = await patiently(
    "source",
    tools.signal,
    (signal) => engine.preflight({ ...tools, signal }, section),
    ports.patienceMs,
  );
  if ("about" in found) return { checks: [...checks, found] };
  const { problems, findings, room } = found;
  const lines = Object.entries(findings).map(([about, says]) => ok(about, says));
  return {
    checks: [...checks, ...problems.map((says) => problem("source", says)), ...lines],
    ...(room ? { room } : {}),
  };
}
