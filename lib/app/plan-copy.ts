import pMap from "p-map";
import { copiesOf } from "#domain/copies.ts";
import { InputInvalid, NoSuchPoint } from "#domain/errors.ts";
import { isSafety } from "#domain/ids.ts";
import { listed } from "#domain/listed-point.ts";
import type { Plan } from "#domain/plan.ts";
import { isTrusted, type RecoveryPoint } from "#domain/recovery-point.ts";
import { planRetention } from "#domain/retention.ts";
import { planIn, rulesOf } from "#domain/retention-rules.ts";
import type { CopyRequested } from "#events/copy-requested.ts";
import type { RunLog } from "#ports/log.ts";
import { type CatalogPorts, pointsOf, readCatalog } from "./catalog.ts";
import { standing } from "./judge-retention.ts";
import type { OpenCopy } from "./open-copy.ts";
import type { ReadBackProgress, WantedCopy } from "./read-back.ts";
import { readCopies } from "./read-copies.ts";
import { readExpiries } from "./read-expiries.ts";
import { readHolds } from "./read-holds.ts";

/** A state holds 256 KiB; what is left is found by the next run. */
const COPIES_AT_MOST = 200;

type Ports = CatalogPorts & { plan: Plan; openCopy: OpenCopy; log: RunLog };
type Input = { input: CopyRequested; execution: { name: string; startTime: string } };
export type PlannedCopy = { isNeeded: boolean; runId: string; copies: WantedCopy[]; readBack: ReadBackProgress };

/**
 * Which points are to be copied where: the verified ones that the plan wants there and that no proof says to be there, newest
 * first; with `again` those that are there, too. What a copy has let go of, or would with its next sweep, is not. Throws `InputInvalid` or `NoSuchPoint`.
 */
export const planCopy =
  (ports: Ports) =>
  async ({ input, execution }: Input): Promise<PlannedCopy> => {
    const { backupId, source, to, again, deep } = input;
    const { plan, log } = ports;
    if (to !== undefined && !plan.copies?.[to])
      throw new InputInvalid(`to: there is no copy "${to}"; the plan has ${Object.keys(plan.copies ?? {}).join(", ")}`);
    const points = backupId === undefined ? await all(ports, source) : await ofBackup(ports, backupId, source);
    const wanted = points.filter((point) => isTrusted(point) && !isSafety(point.backupId));
    const found = await pMap(wanted, (point) => copiesWanted(ports, point, { to, again }), { concurrency: 8 });
    const isKept = backupId === undefined ? await keptThere(ports, wanted, new Date(execution.startTime)) : () => true;
    const copies = found
      .flat()
      .filter(isKept)
      .slice(0, COPIES_AT_MOST)
      .map((copy) => ({ ...copy, deep: deep || plan.copies?.[copy.to]?.readBack === "bytes" }));
    if (backupId !== undefined) log.belongsTo(backupId);
    log.info(`${copies.length} of ${wanted.length} verified points are to be copied`, { copies });
    const runId = `copy-${execution.name}`;
    return {
      isNeeded: copies.length > 0,
      runId,
      copies,
      readBack: { outcome: "UNFINISHED", copy: 0, part: 0, problems: "" },
    };
  };

const all = async (ports: CatalogPorts, source: string | undefined) =>
  (await readCatalog(ports, source === undefined ? {} : { source })).points;

async function ofBackup(ports: CatalogPorts, backupId: RecoveryPoint["backupId"], source: string | undefined) {
  const { points, refused } = await pointsOf(ports, backupId, source);
  if (points.length === 0)
    throw new NoSuchPoint(refused[0]?.reason ?? `There is no point of ${source ?? "any source"} in ${backupId}`);
  return points;
}

async function copiesWanted(ports: Ports, point: RecoveryPoint, { to, again }: Pick<CopyRequested, "to" | "again">) {
  const places = copiesOf(ports.plan.copies, point.source).filter((name) => to === undefined || name === to);
  if (places.length === 0) return [];
  const there = again ? [] : await readCopies(ports, point);
  const { backupId, source } = point;
  const missing = places.filter(
    (name) => !there.some(({ copy, bucket }) => copy === name && bucket === ports.plan.copies?.[name]?.bucket),
  );
  const letGo = await Promise.all(missing.map((name) => isLetGo(ports, point, name)));
  return missing.filter((_, index) => !letGo[index]).map((name) => ({ backupId, source, to: name }));
}

/** Copied once more, it would be bytes that no sweep ever looks at. */
async function isLetGo(ports: Ports, { backupId, source }: RecoveryPoint, name: string): Promise<boolean> {
  const copy = ports.plan.copies?.[name];
  if (!copy?.retention) return false;
  return (await readExpiries({ ...ports, repository: ports.openCopy(copy) }, backupId)).has(source);
}

/** What a copy's own policies keep of these points, if all of them were there: the rest is not worth its way. */
async function keptThere(ports: Ports, points: RecoveryPoint[], now: Date) {
  const kept = new Set<string>();
  const name = ({ to, source, backupId }: { to: string; source: string; backupId: string }) =>
    `${to} ${source} ${backupId}`;
  const holds = await readHolds(ports);
  for (const to of Object.keys(ports.plan.copies ?? {}))
    for (const [source, its] of Map.groupBy(points, (point) => point.source)) {
      const rules = rulesOf(planIn(ports.plan, to), source);
      const all = its.flatMap((point) => standing(listed(point)));
      const everything = { holds, inUse: new Set<never>(), most: Number.POSITIVE_INFINITY, rpoMs: undefined };
      const keep = rules ? planRetention(all, { ...rules, ...everything }, now).keep : all.map((point) => ({ point }));
      for (const { point } of keep) kept.add(name({ to, source, backupId: point.backupId }));
    }
  return (copy: { to: string; source: string; backupId: string }) => kept.has(name(copy));
}
