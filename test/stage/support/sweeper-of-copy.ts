import { s3Eraser } from "#adapters/aws/eraser.ts";
import { kmsSigner } from "#adapters/aws/keys.ts";
import { s3Locker } from "#adapters/aws/locker.ts";
import { auditLog } from "#app/audit-log.ts";
import { expirePoints } from "#app/expire-points.ts";
import { lockPoints } from "#app/lock-points.ts";
import { prunePoints } from "#app/prune-points.ts";
import { sweptPlace } from "#app/swept-place.ts";
import type { Plan } from "#domain/plan.ts";
import { COPIED, type OtherRegion } from "./other-region.ts";
import type { World } from "./world.ts";

const HOUR_MS = 3600 * 1000;

/**
 * The states of the machine `retention` in the copy, with everything real but the clock and the plan: there a day and two
 * points are kept, and locked for a day.
 */
export function sweeperOfCopy({ stage, client, layout, kms }: World, there: OtherRegion) {
  const begun = Date.now();
  let now = begun;
  const catalog = {
    ...{ ...client.catalog, layout, clock: () => new Date(now), stage: stage.stage },
    signer: kmsSigner(kms, stage.outputs["SigningKeyArn"] ?? ""),
  };
  const keeping = {
    retention: { default: { days: 1, count: 2 }, sources: {} },
    lock: { mode: "governance" as const, for: "1d" },
  };
  const plan: Plan = {
    ...there.plan,
    sources: Object.fromEntries(Object.entries(there.plan.sources).filter(([name]) => name === COPIED)),
    targets: {},
    objectives: { [COPIED]: { rpo: "7d", rto: "1h" } },
    retention: { schedule: "0 4 * * 0", default: { days: 30, count: 2 }, sources: {} },
    copies: { offsite: { ...there.offsite, ...keeping } },
  };
  const log = { info: () => {}, error: () => {}, belongsTo: () => {} };
  const swept = sweptPlace({ ...catalog, plan, openCopy: () => there.repository }, "offsite");
  const ports = {
    ...{ ...swept, log, audit: auditLog(catalog) },
    eraser: s3Eraser(there.s3, there.bucket),
    locker: s3Locker(there.s3, there.bucket),
  };
  return {
    begun,
    async sweep(hours: number) {
      now = begun + hours * HOUR_MS;
      const startTime = new Date(now).toISOString();
      const input = { execution: { id: `arn:execution:offsite:${startTime}`, startTime } };
      return {
        ...(await lockPoints(ports)(input)),
        ...(await expirePoints(ports)(input)),
        ...(await prunePoints(ports)(input)),
      };
    },
  };
}
