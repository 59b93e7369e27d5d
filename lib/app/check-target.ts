import type { BackupId } from "#domain/ids.ts";
import type { SourceChecked } from "#domain/outcome.ts";
import { isTrusted } from "#domain/recovery-point.ts";
import { notAsked, ok, problem, type SourceCheck, warning } from "#domain/source-check.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools, PointToRestore } from "#ports/engine.ts";
import type { Clock } from "#ports/log.ts";
import type { Sealing } from "#ports/sealing.ts";
import type { Surroundings } from "#ports/surroundings.ts";
import { engineOf } from "./capture-source.ts";
import type { CatalogPorts } from "./catalog.ts";
import { type AwsProbes, checkKeyOf, checkManifest } from "./check-aws.ts";
import { checkReach, patiently } from "./check-reach.ts";
import { checkScratch } from "./check-scratch.ts";
import { findPoint, openPoint } from "./open-point.ts";

type Ports = CatalogPorts & {
  engines: Record<string, Engine>;
  sealing: Sealing;
  probes: AwsProbes;
  surroundings: Surroundings;
  clock: Clock;
  /** For tests to shorten. */
  patienceMs?: number;
};
type Input = TaskInputOf<"check-target">;

/** What a target lacks for whatever is to be restored into it. */
const NOTHING: PointToRestore = { artifacts: [], facts: {}, options: {} };

/**
 * Proves route, TLS, AWS, login, rights and room of a target from where restores run and with their role, holds it against
 * the points that would be restored into it, and restores nothing.
 */
export const checkTarget =
  (ports: Ports) =>
  async (input: Input, tools: EngineTools): Promise<Pick<SourceChecked, "checks">> => {
    const engine = engineOf(ports.engines, input.engine);
    const section = engine.section.target.parse(input.section);
    const [{ checks, wrong }, points, scratch] = await Promise.all([
      checkReach(ports, engine.reach(section)),
      Promise.all(input.points.map((one) => readPoint(ports, one, tools))),
      checkScratch(ports.surroundings, tools.workDir),
    ]);
    tools.signal.throwIfAborted();
    const known = points.flatMap(({ point }) => point ?? []);
    const target =
      wrong.length > 0
        ? [notAsked("target", `login, rights, versions and room: after ${wrong.join(" and ")}`)]
        : await checkServer(ports, engine, section, known, tools);
    const unknown = points.length > 0 ? [] : [warning("point", NO_POINT)];
    return { checks: [...checks, ...target, ...unknown, scratch, ...points.flatMap((one) => one.checks)] };
  };

const NO_POINT =
  "nothing that is restored here has a verified point yet: what one takes of versions, extensions, locales and room was not asked";
const NO_ROOM =
  "a server of this kind does not say how much disk it has left: what is restored lies beside what is there";

type Known = { name: string; whole: PointToRestore };

/** Its manifest and its data key: what a restore needs of S3 and KMS before it begins. */
async function readPoint(
  ports: Ports,
  { source, backupId }: Input["points"][number],
  { signal }: EngineTools,
): Promise<{ checks: SourceCheck[]; point?: Known }> {
  const name = `${source} of ${backupId}`;
  const found = await checkManifest(name, () => findTrusted(ports, backupId, source));
  if (!found.point) return { checks: [found.check] };
  const { point } = found;
  const key = await checkKeyOf(name, () => openPoint({ ...ports, keys: ports.probes.keys }, point, signal));
  const whole = { artifacts: point.component.artifacts, facts: point.facts, options: {} };
  return { checks: [found.check, key], point: { name, whole } };
}

async function findTrusted(ports: Ports, backupId: BackupId, source: string) {
  const point = await findPoint(ports, backupId, source);
  if (!isTrusted(point)) throw new Error(`${source} in ${backupId} is ${point.proof}, not verified`);
  return point;
}

/** Against each point in turn; what is wrong whatever is restored is said once. */
async function checkServer(
  ports: Ports,
  engine: Engine,
  section: unknown,
  points: Known[],
  tools: EngineTools,
): Promise<SourceCheck[]> {
  const checks = new Map<string, SourceCheck>();
  const add = (check: SourceCheck) => checks.set(`${check.about}: ${check.says}`, check);
  for (const { name, whole } of points.length > 0 ? points : [{ name: "any point", whole: NOTHING }]) {
    const seen = await patiently(
      "target",
      tools.signal,
      (signal) => engine.inspect({ ...tools, signal }, section, whole),
      ports.patienceMs,
    );
    if ("about" in seen) {
      add(seen);
      continue;
    }
    for (const says of seen.problems) add(problem("target", says));
    if (seen.problems.length > 0) continue;
    add(ok("target", `takes ${name}`));
    add(ok("fingerprint", seen.fingerprint));
    add(ok("holds", seen.holds.map(({ what }) => what).join(", ") || "nothing that a restore would meet"));
    add(seen.room === undefined ? notAsked("room", NO_ROOM) : ok("room", seen.room));
  }
  return [...checks.values()];
}
