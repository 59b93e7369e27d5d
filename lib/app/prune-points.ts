import { describeError } from "#domain/errors.ts";
import type { SweepId } from "#domain/expiry.ts";
import type { ListedPoint } from "#domain/listed-point.ts";
import { mayPrune } from "#domain/retention.ts";
import type { RunLog } from "#ports/log.ts";
import { pointsOf } from "./catalog.ts";
import { type ErasePorts, eraseVersions } from "./erase-versions.ts";
import { type SweepInput, sweepOf } from "./expire-points.ts";
import { judgeRetention } from "./judge-retention.ts";
import { pruneOrphans } from "./prune-orphans.ts";

/** The log has all of them; a state holds 256 KiB. */
const NAMED_AT_MOST = 50;

type Ports = ErasePorts & { stage: string; log: RunLog };
export type Pruned = { outcome: "PRUNED" | "FAILED"; pruned: number; deferred: string[]; problems: string };

/**
 * Deletes the bytes of points that an earlier sweep has let go of, at least 24 hours ago, and that nothing keeps again; goes on
 * where an earlier sweep was cut off; and deletes what failed captures have left. What a lock or a hold keeps waits.
 */
export const prunePoints =
  (ports: Ports) =>
  async ({ execution }: SweepInput): Promise<Pruned> => {
    const sweep = sweepOf(execution);
    ports.log.belongsTo(sweep);
    const now = new Date(execution.startTime);
    const { sources, pruning } = await judgeRetention(ports, now);
    const going = sources.flatMap(({ expire }) => expire.filter(({ point }) => mayPrune(point, now)));
    const wanted = [...going.map(({ point, reason }) => ({ of: point.of, reason, by: sweep })), ...pruning.map(goOn)];
    const deferred: string[] = [];
    const problems: string[] = [];
    let pruned = 0;
    const attempt = async (name: string, work: () => Promise<string | undefined>) => {
      try {
        const reason = await work();
        if (reason === undefined) pruned++;
        else deferred.push(`${name}: ${reason}`);
      } catch (error) {
        problems.push(`${name}: ${describeError(error).name}: ${describeError(error).message}`);
      }
    };
    for (const { of, reason, by } of wanted)
      await attempt(`${of.backupId} ${of.source}`, () => prunePoint(ports, of, reason, by, execution.id));
    const orphans = await pruneOrphans(ports, { sweep, call: execution.id, now });
    ports.log.info(`${pruned} points are deleted, ${deferred.length} wait`, { sweep, deferred, problems, orphans });
    if (problems.length > 0) ports.log.error("not everything could be deleted; the next sweep goes on", { problems });
    return {
      outcome: problems.length === 0 ? "PRUNED" : "FAILED",
      pruned,
      deferred: deferred.slice(0, NAMED_AT_MOST),
      problems: problems.slice(0, NAMED_AT_MOST).join("\n"),
    };
  };

type PrunedPoint = Extract<ListedPoint, { proof: "pruned" }>;
const goOn = (of: PrunedPoint) => ({ of, reason: of.because, by: of.prunedBy });

/** What its manifest names now, and its data key last: until then the rest could still be opened. */
async function prunePoint(ports: Ports, judged: ListedPoint, because: string, sweep: SweepId, call: string) {
  const { backupId, source, recoveredTo, manifestSha256 } = judged;
  const of = (await pointsOf(ports, backupId, source)).points[0];
  if (of?.manifestSha256 !== manifestSha256 || of.proof !== judged.proof)
    return `it was ${judged.proof} when the sweep judged it, and is ${of?.proof ?? "not there"} now`;
  const { component } = of;
  const keys = [...component.artifacts.map(({ key }) => key)];
  for await (const key of ports.repository.list(ports.layout.wrappedKeys(component.keyId))) keys.push(key);
  return eraseVersions(ports, {
    point: { backupId, source, recoveredTo },
    step: "pruning",
    keys,
    because,
    sweep,
    call,
  });
}
