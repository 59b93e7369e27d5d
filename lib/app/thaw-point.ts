import pMap from "p-map";
import {
  describeThawed,
  describeWait,
  type Frozen,
  frozenOf,
  isThawed,
  THAW_AT_MOST_MS,
  THAWED_DAYS,
  type Thaw,
} from "#domain/archive.ts";
import type { CopyPlace } from "#domain/copies.ts";
import { ConfirmationNeeded, InputInvalid, ThawOverdue } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import { describeMs, pauseMs } from "#domain/progress.ts";
import type { RestorePlan } from "#domain/restore-plan.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Thawer } from "#ports/thawer.ts";
import type { CatalogPorts } from "./catalog.ts";
import { type StoredArtifact, storedArtifacts } from "./look-at-archives.ts";
import { inCopy, type OpenCopy, placeOfCopy } from "./open-copy.ts";
import { findPoint } from "./open-point.ts";
import { firstThaw } from "./read-thaw.ts";
import { throwIfDecidedAgainst } from "./swap-or-cancel.ts";

type Ports = CatalogPorts & {
  openCopy: OpenCopy;
  openThawer: (place: CopyPlace | undefined) => Thawer;
  plan: Plan;
  stage: string;
  events: Events;
  clock: Clock;
  log: RunLog;
};
type Input = { input: RestoreRequested; plan: RestorePlan };
/** `seconds`: how long the thaw took; 0 where there was none. `pauseSeconds`: until it is looked at again. */
export type ThawedPoint = { isReadable: boolean; pauseSeconds: number; seconds: number; note: string };
type Begun = Pick<Thaw, "requestedAt" | "expectedBy">;

const AT_ONCE = 16;
const FIRST_PAUSE_MS = 15_000;
/** Whoever cancels a restore waits for its end. */
const LONGEST_PAUSE_MS = 300_000;

/**
 * Asks S3 to thaw what of the point lies in an archive, tells people, and says whether all of it can be read by now: the machine
 * waits, and calls again. Touches nothing of the target. Throws `ConfirmationNeeded` or `InputInvalid` before anything is asked
 * for, and `ThawOverdue` when S3 has had its time.
 */
export const thawPoint =
  (ports: Ports) =>
  async ({ input, plan }: Input): Promise<ThawedPoint> => {
    const { restoreId, backupId, source } = plan;
    ports.log.belongsTo(restoreId);
    await throwIfDecidedAgainst(ports, restoreId);
    const place = placeOfCopy(ports.plan, plan.from);
    const where = inCopy(ports, place);
    const point = await findPoint(where, backupId, source);
    const stored = await storedArtifacts(where.repository, point);
    const frozen = frozenOf(stored, input.retrieval);
    if (!frozen) return READABLE;
    const before = await firstThaw(ports, restoreId);
    const archived = stored.filter((one) => one.archived !== undefined);
    const missing = archived.filter((one) => one.archived?.thaw === "not asked for");
    if (!before) refuseUnlessWorthIt(ports, input, plan, frozen);
    const thawer = ports.openThawer(place);
    const how = { retrieval: input.retrieval, days: THAWED_DAYS };
    // at first of what can be read, too: it has to stay so until this restore has ended
    await pMap(before ? missing : archived, ({ artifact, versionId }) => thawer.thaw(artifact.key, versionId, how), {
      concurrency: AT_ONCE,
    });
    if (!before && frozen.frozenBytes === 0) return READABLE;
    const now = ports.clock();
    const begun = before ?? beginsNow(now, frozen);
    if (!before) await tell(ports, { input, plan }, frozen, begun);
    const thaw = farOf(archived, frozen, input, begun, now);
    await ports.repository.create(ports.layout.thaw(restoreId, thaw.thawed), JSON.stringify(thaw));
    const tookMs = now.getTime() - Date.parse(begun.requestedAt);
    ports.log.info(`${source}: ${thaw.thawed} of ${thaw.artifacts} archived artifacts can be read`, { ...thaw });
    if (isThawed(thaw))
      return { isReadable: true, pauseSeconds: 0, seconds: tookMs / 1000, note: describeThawed(thaw, tookMs) };
    if (tookMs > THAW_AT_MOST_MS)
      throw new ThawOverdue(
        `${source} in ${backupId} is not thawed after ${describeMs(tookMs)}; nothing was touched. S3 goes on with it: start the restore again, which takes up where this one was`,
      );
    const pause = Math.min(LONGEST_PAUSE_MS, pauseMs(tookMs, FIRST_PAUSE_MS));
    return { isReadable: false, pauseSeconds: Math.round(pause / 1000), seconds: 0, note: "" };
  };

const READABLE: ThawedPoint = { isReadable: true, pauseSeconds: 0, seconds: 0, note: "" };

const beginsNow = (now: Date, { takesMs }: Frozen): Begun => ({
  requestedAt: now.toISOString(),
  expectedBy: new Date(now.getTime() + takesMs).toISOString(),
});

/** A thaw costs money and hours: what can be known beforehand to be in vain is not begun. */
function refuseUnlessWorthIt(
  { log }: Ports,
  { confirm, retrieval }: RestoreRequested,
  { isLive, target, backupId }: RestorePlan,
  { classes, takesMs, frozenBytes }: Frozen,
): void {
  const lies = `${backupId} lies in ${classes.join(" and ")}`;
  if (takesMs > THAW_AT_MOST_MS)
    throw new InputInvalid(
      `retrieval: ${lies}, and "${retrieval}" from there takes ${describeWait(takesMs)}; a restore waits up to ${describeMs(THAW_AT_MOST_MS)}`,
    );
  if (isLive && confirm !== target)
    throw new ConfirmationNeeded(
      `${target} is live; nothing was touched, and nothing is thawed in vain. To replace it, add "confirm": "${target}" to the same input`,
    );
  log.info(lies, { frozenBytes, takesMs });
}

function farOf(
  archived: StoredArtifact[],
  { classes, bytes, frozenBytes }: Frozen,
  { retrieval }: RestoreRequested,
  begun: Begun,
  now: Date,
): Thaw {
  return {
    ...{ classes, retrieval, requestedAt: begun.requestedAt, expectedBy: begun.expectedBy, artifacts: archived.length },
    thawed: archived.filter((one) => one.archived?.thaw === "done").length,
    ...{ bytes, thawedBytes: bytes - frozenBytes, at: now.toISOString() },
  };
}

async function tell(
  { events, stage }: Ports,
  { input, plan }: Input,
  { classes, frozenBytes }: Frozen,
  begun: Begun,
): Promise<void> {
  const { restoreId, source, target, backupId, from = null } = plan;
  const { retrieval } = input;
  const detail = { stage, restoreId, source, target, backupId, from, classes, retrieval, bytes: frozenBytes };
  await events.emit({ type: "ThawRequested", detail: { ...detail, ...begun } });
}
