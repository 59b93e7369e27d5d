import prettyBytes from "pretty-bytes";
import { describeError } from "#domain/errors.ts";
import type { SourceChecked } from "#domain/outcome.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import { notAsked, ok, problem, type RoomNeeded, type SourceCheck } from "#domain/source-check.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import type { Clock } from "#ports/log.ts";
import type { Surroundings } from "#ports/surroundings.ts";
import { engineOf } from "./capture-source.ts";
import { type AwsProbes, checkKey, checkSecret, checkUploads } from "./check-aws.ts";
import { checkRoute } from "./check-route.ts";

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

/** A tree of millions of files takes its time; whoever asked waits for a quarter of an hour. */
const PATIENCE_MS = 600_000;

const NO_END =
  "it did not answer to the end in the time that a check has: is it stopped, overloaded, or not what the plan takes it for?";

/** What every task writes: keyrings, listings, a schema. */
const LEAST_SCRATCH_BYTES = 64 * 1024 * 1024;

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
    const scratch = await checkScratch(ports, tools, server.room);
    return { checks: [...server.checks, scratch, key, uploads], ...(server.room ? { room: server.room } : {}) };
  };

/** The engine is asked last: without a way, a TLS that can be trusted and a login it could only say the same in its words. */
async function checkServer(ports: Ports, input: TaskInputOf<"check">, tools: EngineTools): Promise<Checked> {
  const engine = engineOf(ports.engines, input.engine);
  const section = engine.section.source.parse(input.section);
  const { endpoint, secret } = engine.reach(section);
  const [route, login] = await Promise.all([
    endpoint ? checkRoute(ports.surroundings, endpoint, ports.clock()) : [],
    secret === undefined ? undefined : checkSecret(ports.probes, secret),
  ]);
  const checks = login ? [...route, login] : route;
  const wrong = checks.filter(({ verdict }) => verdict === "problem").map(({ about }) => about);
  if (wrong.length > 0)
    return { checks: [...checks, notAsked("source", `login, rights and versions: after ${wrong.join(" and ")}`)] };
  const patience = AbortSignal.timeout(ports.patienceMs ?? PATIENCE_MS);
  const signal = AbortSignal.any([tools.signal, patience]);
  try {
    const { problems, findings, room } = await engine.preflight({ ...tools, signal }, section);
    patience.throwIfAborted();
    const found = Object.entries(findings).map(([about, says]) => ok(about, says));
    return {
      checks: [...checks, ...problems.map((says) => problem("source", says)), ...found],
      ...(room ? { room } : {}),
    };
  } catch (error) {
    tools.signal.throwIfAborted();
    if (patience.aborted) return { checks: [...checks, problem("source", NO_END)] };
    const { name, message } = describeError(error);
    return { checks: [...checks, problem("source", `${name}: ${message}`)] };
  }
}

async function checkScratch(
  { surroundings }: Ports,
  { workDir }: EngineTools,
  room: RoomNeeded | undefined,
): Promise<SourceCheck> {
  const needed = Math.max(LEAST_SCRATCH_BYTES, room?.scratchBytes ?? 0);
  const free = await surroundings.freeBytes(workDir);
  const says = `${prettyBytes(free)} free, ${prettyBytes(needed)} needed`;
  return free < needed
    ? problem(
        "scratch disk",
        `${says}: give the tasks more (\`EphemeralStorage: { SizeInGiB: … }\` in infra/cluster.yml)`,
      )
    : ok("scratch disk", says);
}
