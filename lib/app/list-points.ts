import { isSafety } from "#domain/ids.ts";
import { type ListedPoint, listed } from "#domain/listed-point.ts";
import type { Plan } from "#domain/plan.ts";
import { chooseLatest } from "#domain/recovery-point.ts";
import type { Clock } from "#ports/log.ts";
import { type BackupPoints, type CatalogPorts, readCatalog, readEach } from "./catalog.ts";
import { findLatest } from "./find-latest.ts";
import { openIndex, type PointIndex, readFrom } from "./point-index.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { plan: Plan; stage: string; clock: Clock };
type Input = { source?: string | undefined; newest: number };
type Named = Pick<ListedPoint, "backupId" | "recoveredTo">;
type Latest = { latest: Named | undefined; newerCommitted: Named[]; newerSuspicious: Named[] };
type Listing = BackupPoints<ListedPoint> & { latest: Record<string, Latest> };

/** The recovery points, newest first, with what `latest` is for each source and what newer ones wait for their proof. */
export const listPoints =
  (ports: Ports) =>
  async (input: Input): Promise<Answer> => {
    const index = await openIndex(ports);
    const { points, refused, latest } = await ("ids" in index
      ? fromIndex(ports, index, input)
      : fromManifests(ports, input));
    return {
      verdict: Object.entries(latest)
        .map(([name, one]) => describeLatest(name, one))
        .join("; "),
      figures: { points: points.filter(isOffered).map(row), refused, readFrom: readFrom(index) },
      next: `To restore the newest verified point into the plan's staging target: npx sls invoke --stage ${ports.stage} -f start-restore -d '{"source":"${Object.keys(latest)[0] ?? "…"}"}'`,
    };
  };

async function fromIndex(ports: Ports, index: PointIndex, { source, newest }: Input): Promise<Listing> {
  const all = await readEach(index);
  const bySource = Map.groupBy(all.points, (point) => point.source);
  const shown = new Set(index.ids.slice(0, newest));
  const points = all.points.filter((one) => shown.has(one.backupId) && (source === undefined || one.source === source));
  const sources = sourcesOf(ports, source, points);
  return {
    points,
    refused: all.refused.filter(({ backupId }) => shown.has(backupId)),
    latest: Object.fromEntries(sources.map((name) => [name, chooseLatest(bySource.get(name) ?? [])])),
  };
}

/** As far back as is asked for, and until the latest of every source is found. */
async function fromManifests(ports: Ports, { source, newest }: Input): Promise<Listing> {
  const found = await readCatalog(ports, { newest, ...(source === undefined ? {} : { source }) });
  const points = found.points.map(listed);
  return { points, refused: found.refused, latest: await findLatest(ports, sourcesOf(ports, source, points)) };
}

const sourcesOf = ({ plan }: Ports, source: string | undefined, points: ListedPoint[]) =>
  source === undefined
    ? [...new Set([...Object.keys(plan.sources), ...points.map((point) => point.source)])]
    : [source];

function describeLatest(name: string, { latest, newerCommitted, newerSuspicious }: Latest): string {
  const named = (what: string, points: Named[]) =>
    points.length === 0 ? "" : ` (newer, ${what}: ${points.map(({ backupId }) => backupId).join(", ")})`;
  const newer = named("being verified", newerCommitted) + named("SUSPICIOUS", newerSuspicious);
  const to = latest ? `is restorable to ${latest.recoveredTo.toISOString()}` : "has NO verified point";
  return `${name} ${to}${newer}`;
}

/** What retention has let go of is not for anybody any more; `plan-retention` shows it. */
const isOffered = ({ proof }: ListedPoint) => proof !== "expired" && proof !== "pruned";

const row = (point: ListedPoint) => ({
  source: point.source,
  backupId: point.backupId,
  recoveredTo: point.recoveredTo.toISOString(),
  proof: isSafety(point.backupId) ? `${point.proof} (safety point)` : point.proof,
  bytes: point.bytes,
  ...("reasons" in point ? { reasons: point.reasons } : {}),
});
