import { copiesOf } from "#domain/copies.ts";
import { describeError, NoSuchPoint } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import { chooseLatest, isTrusted, type RecoveryPoint, type TrustedPoint } from "#domain/recovery-point.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import { type CatalogPorts, readCatalog } from "./catalog.ts";
import { inCopy, type OpenCopy, placeOfCopy } from "./open-copy.ts";
import { checkCopy, checkStored } from "./read-back.ts";

type Ports = CatalogPorts & { openCopy: OpenCopy; plan: Plan };
type Wanted = Pick<RestoreRequested, "source" | "backupId" | "before" | "from">;
type Found = { point: TrustedPoint; newerCommitted: RecoveryPoint["backupId"][] };
/** `fellBack`: why the point is read from a copy that nobody has asked for. */
export type ChosenPoint = Found & { from?: string; fellBack?: string };

/**
 * The point that a restore takes: that of the copy that was asked for, or else the repository's, and where the repository has
 * lost it or has let go of it, that of a copy which is whole. What is marked as bad here is taken from no copy, and an older point
 * never stands in for one that is lost. Throws `NoSuchPoint` with what there is, and what became of each copy.
 */
export async function choosePoint(ports: Ports, wanted: Wanted): Promise<ChosenPoint> {
  if (wanted.from !== undefined) return { ...(await inPlace(ports, wanted, wanted.from)), from: wanted.from };
  const { points } = await readCatalog(ports, { source: wanted.source });
  const here = attempt(() => choose(points, wanted));
  const copies = copiesOf(ports.plan.copies, wanted.source);
  const isLooked = copies.length > 0 && "found" in here; // else its task says what is missing
  const problems = isLooked ? await checkStored(ports, here.found.point.component) : [];
  if ("found" in here && problems.length === 0) return here.found;
  const lost = "found" in here ? lostHere(here.found.point, problems) : here.failed.message;
  const only = "found" in here ? here.found.point.backupId : wanted.backupId;
  const tried: string[] = [];
  for (const from of copies) {
    try {
      const request = only === undefined ? wanted : { source: wanted.source, backupId: only };
      const found = await inPlace(ports, request, from, condemned(points));
      return { ...found, ...("found" in here ? here.found : {}), point: found.point, from, fellBack: lost };
    } catch (error) {
      tried.push(`${from}: ${describeError(error).message}`);
    }
  }
  throw new NoSuchPoint([lost, ...tried.map((why) => `Nor can it be read from its copy in ${why}`)].join("\n"));
}

/**
 * What a restore would fall back to when nothing here fits: the points of the first copy that answers and has any, without those
 * that are marked as bad `here`.
 */
export async function pointsToFallBackTo(ports: Ports, source: string, here: RecoveryPoint[]) {
  for (const from of copiesOf(ports.plan.copies, source)) {
    try {
      const { points } = await readCatalog(inCopy(ports, placeOfCopy(ports.plan, from)), { source });
      const good = points.filter((point) => isTrusted(point) && !condemned(here).has(point.backupId));
      if (good.length > 0) return { from, points: good };
    } catch {} // a region that can't be reached: the next one may
  }
  return undefined;
}

const lostHere = ({ backupId }: TrustedPoint, problems: string[]) =>
  `The repository has lost ${backupId}: ${problems.join("; ")}.`;

function attempt(work: () => Found): { found: Found } | { failed: NoSuchPoint } {
  try {
    return { found: work() };
  } catch (failed) {
    if (failed instanceof NoSuchPoint) return { failed };
    throw failed;
  }
}

/** Suspicions and quarantines are written here; a copy knows those only that were there when it was made. */
const condemned = (points: RecoveryPoint[]) =>
  new Set(points.flatMap(({ proof, backupId }) => (["suspicious", "quarantined"].includes(proof) ? [backupId] : [])));

/** In a copy a point exists only when all that its manifest names is there and matches. */
async function inPlace(ports: Ports, wanted: Wanted, from: string, except: ReadonlySet<string> = new Set()) {
  const where = inCopy(ports, placeOfCopy(ports.plan, from));
  const { points } = await readCatalog(where, { source: wanted.source });
  const found = choose(
    points.filter(({ backupId }) => !except.has(backupId)),
    wanted,
  );
  const problems = await checkCopy(where, found.point);
  if (problems.length > 0)
    throw new NoSuchPoint(
      `${found.point.source} in ${found.point.backupId} is not whole in ${from}: ${problems.join("; ")}`,
    );
  return found;
}

function choose(points: RecoveryPoint[], { source, backupId, before }: Wanted): Found {
  if (backupId === undefined) {
    const { latest, newerCommitted } = chooseLatest(points, before === undefined ? undefined : new Date(before));
    if (!latest)
      throw new NoSuchPoint(
        `${source} has no verified point${before === undefined ? "" : ` before ${before}`}. ${overview(points)}`,
      );
    return { point: latest, newerCommitted: newerCommitted.map((point) => point.backupId) };
  }
  const named = points.find((point) => point.backupId === backupId);
  if (!named) throw new NoSuchPoint(`${source} has no point in ${backupId}. ${overview(points)}`);
  return { point: trusted(named), newerCommitted: [] };
}

function trusted(point: RecoveryPoint): TrustedPoint {
  if (isTrusted(point)) return point;
  const why = whyNot(point);
  throw new NoSuchPoint(`${point.source} in ${point.backupId} can't be restored: it is ${why}.`);
}

function whyNot(point: Exclude<RecoveryPoint, TrustedPoint>): string {
  switch (point.proof) {
    case "committed":
      return "not verified yet: start the verify machine for it first";
    case "suspicious":
      return `SUSPICIOUS: ${point.reasons.join("; ")}. Look at it, then release it (docs/runbooks/PointSuspicious.md)`;
    case "quarantined":
      return `QUARANTINED: ${point.reasons.join("; ")}`;
    case "expired":
      return `expired since ${point.expiredAt.toISOString()} (${point.because}): a hold on it brings it back`;
    case "pruned":
      return `deleted since ${point.prunedAt.toISOString()} (${point.because})`;
  }
}

const overview = (points: RecoveryPoint[]) =>
  points.length === 0
    ? "There are no points at all."
    : `There are: ${points
        .slice(0, 10)
        .map(({ backupId, proof }) => `${backupId} (${proof})`)
        .join(", ")}.`;
