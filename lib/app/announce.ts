import type { AlarmRecord } from "#domain/alarm.ts";
import type { Announcement } from "#domain/announcement.ts";
import { describeDigest } from "#domain/digest.ts";
import { ladderOf } from "#domain/escalation.ts";
import { sha256 } from "#domain/hashes.ts";
import { machineOf, RestoreId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { ExecutionBegun } from "#events/envelopes.ts";
import type { EscalationState } from "#events/escalation-state.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Channel, Machines } from "#ports/messaging.ts";
import type { Metrics } from "#ports/metrics.ts";
import type { Repository } from "#ports/repository.ts";
import { endAlarm, raiseAlarm } from "./alarm-log.ts";
import { alarmsOfFailure, goodSigns, whyItEnds } from "./alarms-of.ts";
import type { CatalogPorts } from "./catalog.ts";
import { claim } from "./claim.ts";
import { countFailure } from "./count-failure.ts";
import { asAlarm, describeRecovered } from "./describe-alarm.ts";
import { describeFailure, readRequest, restoreOf } from "./describe-failure.ts";
import { describeHappening } from "./describe-happening.ts";
import { describeBegun, describeCancelled } from "./describe-restore-events.ts";
import { readGathered } from "./gather-flood.ts";
import { readCancelled } from "./read-restore.ts";
import { tellChannels } from "./tell-channels.ts";
import { executionOf, type Identity, identify, type Told, type What } from "./what-happened.ts";

type Ports = CatalogPorts & {
  repository: Repository;
  layout: RepositoryLayout;
  stage: string;
  plan: Plan;
  channels: Channel[];
  log: RunLog;
  metrics: Metrics;
  clock: Clock;
  machines: Machines;
  escalateMachine: string;
};

/**
 * Tells people once. The first request to claim the event tells of it, and its retries go on; whoever comes with the same
 * event later has nothing to do. An alarm that is open already is not told again, and its end is told once.
 */
export const announce =
  (ports: Ports) =>
  async (told: Told): Promise<{ told: boolean; code?: string }> => {
    const from =
      "happening" in told ? told.happening.detail.stage : machineOf(executionOf(told).stateMachineArn)?.stage;
    if (from !== ports.stage) {
      ports.log.error(`ignored: an event of "${from}" is not of this stage`);
      return { told: false };
    }
    const identity = identify(told);
    const { runId, what } = identity;
    ports.log.belongsTo(runId);
    if (!(await claim(ports.repository, ports.layout.announced(runId, what), told.requestId))) {
      ports.log.info(`${what} was announced already`, { runId, what });
      return { told: false };
    }
    const announcements = [...(await describe(ports, told, identity)), ...(await describeEnds(ports, told, identity))];
    const failures: unknown[] = [];
    for (const announcement of announcements)
      failures.push(...(await tellChannels(ports, announcement, messageOf(announcement, identity))));
    if (failures.length > 0) throw failures[0];
    const [first] = announcements;
    if (first) return { told: true, code: first.code };
    ports.log.info(`${what} needs no message`, { runId, what });
    return { told: false };
  };

/** One event may have several messages: its own, and one for each alarm that it ends. */
const messageOf = ({ alarm, code }: Announcement, { runId, what }: Identity): Identity =>
  alarm && !alarm.isOpen ? { runId, what: `${what}-ends-${alarm.sources.join("-")}-${code}` } : { runId, what };

/** Nothing for what needs no message of its own: the safety point of a restore that was cancelled, an alarm that is open. */
async function describe(ports: Ports, told: What, identity: Identity): Promise<Announcement[]> {
  if ("begun" in told) return describeStart(ports, told.begun);
  if ("succeeded" in told) return [];
  if ("happening" in told) {
    const { happening } = told;
    if (happening.type === "AlarmRecovered") return [];
    if (happening.type === "DigestDue") return describeFlood(ports, happening.detail);
    const announcement = describeHappening(happening);
    if (happening.type !== "AlarmRaised") return [announcement];
    const { source, problem } = happening.detail;
    return raise(ports, announcement, { problem, sources: [source] }, identity);
  }
  const { execution } = told;
  const { safetyFor } = readRequest(execution);
  const restoreId = safetyFor === undefined ? restoreOf(execution) : RestoreId.safeParse(safetyFor).data;
  const cancelled = restoreId && (await readCancelled(ports, restoreId));
  if (cancelled) return safetyFor === undefined ? [describeCancelled(cancelled)] : [];
  countFailure(ports, execution);
  const announcement = await describeFailure(ports, execution);
  return raise(ports, announcement, alarmsOfFailure(ports.plan, execution, announcement.code), identity);
}

async function describeFlood(ports: Ports, { begin, channel }: { begin: string; channel: string }) {
  const window = { begin: new Date(begin), channel, stage: ports.stage };
  const gathered = await readGathered(ports, window.begin, channel);
  return gathered.length === 0 ? [] : [describeDigest(window, gathered)];
}

/** One message for all sources of which it is news. */
async function raise(
  ports: Ports,
  announcement: Announcement,
  { problem, sources }: { problem: string; sources: string[] },
  { runId, what }: Identity,
): Promise<Announcement[]> {
  const { severity, code } = announcement;
  const records = await Promise.all(
    sources.map((source) => raiseAlarm(ports, { source, code }, { severity, problem }, `${runId} ${what}`)),
  );
  const news = records.filter((record) => record !== undefined).filter(({ isTold }) => isTold);
  if (news.length === 0) ports.log.info(`${code} is open already: a quiet repeat`, { runId, sources });
  for (const record of news) await startEscalation(ports, record);
  return news.length === 0 ? [] : [asAlarm(announcement, news)];
}

/** Once per opening: the execution is named by it. */
async function startEscalation({ plan, machines, escalateMachine }: Ports, record: AlarmRecord): Promise<void> {
  const { source, code, openedAt, severity } = record;
  if (severity !== "critical" || !ladderOf(plan.escalation, code)) return;
  const name = `${sha256(`${source} ${code}`).slice(0, 16)}-${openedAt.replace(/\D/g, "")}`;
  const input: EscalationState = { alarm: { source, code, openedAt }, climbed: { rungs: 0, statuses: 0 } };
  await machines.start(escalateMachine, name, input);
}

/** The ends of alarms that this is a good sign for. */
async function describeEnds(ports: Ports, told: What, { runId, what }: Identity): Promise<Announcement[]> {
  const ended = await Promise.all(
    goodSigns(told).map((sign) => endAlarm(ports, sign, `${runId} ${what} ${sign.code}`)),
  );
  const news = ended.filter((record) => record !== undefined).filter(({ isTold }) => isTold);
  return news.map((record) => describeRecovered(ports, record, whyItEnds(told)));
}

function describeStart({ plan, stage }: Ports, begun: ExecutionBegun["detail"]): Announcement[] {
  const { source = "", target = plan.sources[source]?.restoreTo ?? "", requestedBy } = readRequest(begun);
  const restoreId = restoreOf(begun);
  return restoreId ? [describeBegun({ restoreId, source, target, stage, requestedBy })] : [];
}
