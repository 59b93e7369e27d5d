import { isSafety } from "#domain/ids.ts";
import { type ListedPoint, listed } from "#domain/listed-point.ts";
import type { Plan } from "#domain/plan.ts";
import { chooseLatest } from "#domain/recovery-point.ts";
import type { Clock } from "#ports/log.ts";
import { type BackupPoints, type CatalogPorts, readCatalog, readEach } from "./catalog.ts";
import { findLatest } from "./find-latest.ts";
import { type PointInCopies, pointsOnlyInCopies } from "./only-in-copies.ts";
import type { OpenCopy } from "./open-copy.ts";
import { openIndex, type PointIndex, readFrom } from "./point-index.ts";
import { startRestoreCommand } from "./restore-commands.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { openCopy: OpenCopy; plan: Plan; stage: string; clock: Clock };
type Input = { source?: string | undefined; newest: number };
type Named = Pick<ListedPoint, "backupId" | "recoveredTo">;
type Latest = { latest: Named | undefined; newerCommitted: Named[]; newerSuspicious: Named[] };
type Listing = BackupPoints<ListedPoint> & { latest: Record<string, Latest> };

/**
 * The recovery points, newest first, with what `latest` is for each source and what newer ones wait for their proof; and those
 * that the repository has lost and a copy still has.
 */
export const listPoints =
  (ports: Ports) =>
  async (input: Input): Promise<Answer> => {
    const { lost, unread } = await pointsOnlyInCopies(ports, input);
    const index = await openIndex(ports);
    const { points, refused, latest } = await ("ids" in index
      ? fromIndex(ports, index, input, new Set(lost.map(({ point }) => point.backupId)))
      : fromManifests(ports, input));
    const rows = [
      ...points.filter(isOffered).map(row),
      ...lost.map(({ point, onlyIn }) => ({ ...row(listed(point)), onlyIn })),
    ];
    const [source = "…"] = Object.keys(latest);
    return {
      verdict: [
        ...Object.entries(latest).map(([name, one]) => describeLatest(name, one) + describeLost(name, one, lost)),
        ...unread,
      ].join("; "),
      figures: {
        points: rows.toSorted((a, b) => (a.backupId > b.backupId ? -1 : a.backupId < b.backupId ? 1 : 0)),
        refused,
        readFrom: readFrom(index),
      },
      next: [
        `To restore the newest verified point into the plan's staging target: ${startRestoreCommand(ports.stage, JSON.stringify({ source }))}`,
        ...lost
          .slice(0, 1)
          .map(
            ({ point: { source, backupId } }) =>
              `To restore what is only in a copy: ${startRestoreCommand(ports.stage, JSON.stringify({ source, backupId }))}`,
          ),
      ].join("\n"),
    };
  };

/** `gone`: backups of which the bucket has no manifest any more, whatever an index says. */
async function fromIndex(
  ports: Ports,
  index: PointIndex,
  { source, newest }: Input,
  gone: ReadonlySet<string>,
): Promise<Listing> {
  const all = await readEach({ ids: index.ids.filter((id) => !gone.has(id)), read: index.read });
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

/** Those that a restore would take if they were still here. */
function describeLost(name: string, { latest }: Latest, lost: PointInCopies[]): string {
  const newer = lost.filter(
    ({ point }) =>
      point.source === name && !isSafety(point.backupId) && (!latest || point.recoveredTo > latest.recoveredTo),
  );
  const named = newer.map(({ point, onlyIn }) => `${point.backupId} in ${onlyIn.join(" and ")}`);
  return newer.length === 0 ? "" : ` (newer, LOST here and only in a copy: ${named.join(", ")})`;
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
