import { isSafety } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import { type CatalogPorts, readCatalog } from "./catalog.ts";
import { findLatest, type Latest } from "./find-latest.ts";
import type { Answer } from "./start-backup.ts";

/** The recovery points, newest first, with what `latest` is for each source and what newer ones wait for their proof. */
export const listPoints =
  (ports: CatalogPorts & { plan: Plan; stage: string }) =>
  async ({ source, newest }: { source?: string | undefined; newest: number }): Promise<Answer> => {
    const { points, refused } = await readCatalog(ports, { newest, ...(source === undefined ? {} : { source }) });
    const sources =
      source === undefined
        ? [...new Set([...Object.keys(ports.plan.sources), ...points.map((point) => point.source)])]
        : [source];
    const found = await findLatest(ports, sources);
    const latest = Object.entries(found).map(([name, one]) => describeLatest(name, one));
    return {
      verdict: latest.join("; "),
      figures: { points: points.filter(isOffered).map(row), refused },
      next: `To restore the newest verified point into the plan's staging target: npx sls invoke --stage ${ports.stage} -f start-restore -d '{"source":"${sources[0] ?? "…"}"}'`,
    };
  };

function describeLatest(name: string, { latest, newerCommitted, newerSuspicious }: Latest): string {
  const named = (what: string, points: RecoveryPoint[]) =>
    points.length === 0 ? "" : ` (newer, ${what}: ${points.map(({ backupId }) => backupId).join(", ")})`;
  const newer = named("being verified", newerCommitted) + named("SUSPICIOUS", newerSuspicious);
  const to = latest ? `is restorable to ${latest.recoveredTo.toISOString()}` : "has NO verified point";
  return `${name} ${to}${newer}`;
}

/** What retention has let go of is not for anybody any more; `plan-retention` shows it. */
const isOffered = ({ proof }: RecoveryPoint) => proof !== "expired" && proof !== "pruned";

const row = (point: RecoveryPoint) => ({
  source: point.source,
  backupId: point.backupId,
  recoveredTo: point.recoveredTo.toISOString(),
  proof: isSafety(point.backupId) ? `${point.proof} (safety point)` : point.proof,
  bytes: point.component.size,
  ...("reasons" in point ? { reasons: point.reasons } : {}),
});
