import type { Announcement } from "#domain/announcement.ts";
import { sha256 } from "#domain/hashes.ts";
import { machineOf, RestoreId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { ExecutionBegun, ExecutionEnded } from "#events/envelopes.ts";
import type { Happening } from "#events/happenings.ts";
import type { RunLog } from "#ports/log.ts";
import type { Channel } from "#ports/messaging.ts";
import type { Metrics } from "#ports/metrics.ts";
import type { Repository } from "#ports/repository.ts";
import type { CatalogPorts } from "./catalog.ts";
import { claim } from "./claim.ts";
import { countFailure } from "./count-failure.ts";
import { describeFailure, readRequest, restoreOf } from "./describe-failure.ts";
import { describeHappening } from "./describe-happening.ts";
import { describeBegun, describeCancelled } from "./describe-restore-events.ts";
import { readCancelled } from "./read-restore.ts";

type Ports = CatalogPorts & {
  repository: Repository;
  layout: RepositoryLayout;
  stage: string;
  plan: Plan;
  channels: Channel[];
  log: RunLog;
  metrics: Metrics;
};
type What = { happening: Happening } | { execution: ExecutionEnded["detail"] } | { begun: ExecutionBegun["detail"] };
type Told = What & { requestId: string };

/**
 * Tells people once. The first request to claim the message sends it, and its retries go on sending it; whoever comes
 * with the same message later has nothing to do.
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
    const { runId, what } = identify(told);
    ports.log.belongsTo(runId);
    if (!(await claim(ports.repository, ports.layout.announced(runId, what), told.requestId))) {
      ports.log.info(`${what} was announced already`, { runId, what });
      return { told: false };
    }
    const announcement = await describe(ports, told);
    if (!announcement) {
      ports.log.info(`${what} is part of what was cancelled: nothing to tell`, { runId, what });
      return { told: false };
    }
    const tries = ports.channels.map((channel) => tellOnce(ports, channel, announcement, { runId, what }));
    const failures = (await Promise.allSettled(tries)).flatMap((result) =>
      result.status === "rejected" ? [result.reason] : [],
    );
    if (failures.length > 0) throw failures[0];
    ports.log.info(`${announcement.code}: told`, { channels: ports.channels.map(({ name }) => name) });
    return { told: true, code: announcement.code };
  };

/** A channel that has taken the message is not told again when a retry comes because of another one. */
async function tellOnce(
  ports: Ports,
  channel: Channel,
  announcement: Announcement,
  { runId, what }: { runId: string; what: string },
) {
  const receipt = ports.layout.announced(runId, `${what}-by-${channel.name}`);
  if (await ports.repository.head(receipt)) return;
  await channel.tell(announcement);
  await ports.repository.create(receipt, JSON.stringify({ told: announcement.code }));
}

/** Undefined for what needs no message of its own: the safety point of a restore that was cancelled. */
async function describe(ports: Ports, told: What): Promise<Announcement | undefined> {
  if ("happening" in told) return describeHappening(told.happening);
  if ("begun" in told) return describeStart(ports, told.begun);
  const { execution } = told;
  const { safetyFor } = readRequest(execution);
  const restoreId = safetyFor === undefined ? restoreOf(execution) : RestoreId.safeParse(safetyFor).data;
  const cancelled = restoreId && (await readCancelled(ports, restoreId));
  if (cancelled) return safetyFor === undefined ? describeCancelled(cancelled) : undefined;
  countFailure(ports, execution);
  return describeFailure(ports, execution);
}

function describeStart({ plan, stage }: Ports, begun: ExecutionBegun["detail"]): Announcement | undefined {
  const { source = "", target = plan.sources[source]?.restoreTo ?? "", requestedBy } = readRequest(begun);
  const restoreId = restoreOf(begun);
  return restoreId && describeBegun({ restoreId, source, target, stage, requestedBy });
}

function identify(told: What): { runId: string; what: string } {
  if ("happening" in told) return identifyHappening(told.happening);
  const { name, stateMachineArn, status } = executionOf(told);
  return { runId: name, what: `${machineOf(stateMachineArn)?.machine}-${status}` };
}

const executionOf = (told: Exclude<What, { happening: Happening }>) => ("begun" in told ? told.begun : told.execution);

function identifyHappening({ type, detail }: Happening): { runId: string; what: string } {
  switch (type) {
    case "BackupCommitted":
      return { runId: detail.backupId, what: type };
    case "PointVerified":
      return { runId: detail.backupId, what: `${type}-${detail.source}` };
    case "RestoreFinished":
    case "RestoreRolledBack":
      return { runId: detail.restoreId, what: `${type}-${detail.source}` };
    case "BackupRestored":
      return { runId: `restore-all-${detail.execution}`, what: type };
    case "AlarmRaised":
      return { runId: `alarm-${sha256(detail.problem).slice(0, 16)}`, what: detail.code };
  }
}
