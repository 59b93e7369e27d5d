import type { Announcement } from "#domain/announcement.ts";
import { sha256 } from "#domain/hashes.ts";
import type { Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { ExecutionEnded } from "#events/envelopes.ts";
import type { Happening } from "#events/happenings.ts";
import type { RunLog } from "#ports/log.ts";
import type { Channel } from "#ports/messaging.ts";
import type { Metrics } from "#ports/metrics.ts";
import type { Repository } from "#ports/repository.ts";
import type { CatalogPorts } from "./catalog.ts";
import { claim } from "./claim.ts";
import { countFailure } from "./count-failure.ts";
import { describeFailure } from "./describe-failure.ts";
import { describeHappening } from "./describe-happening.ts";

type Ports = CatalogPorts & {
  repository: Repository;
  layout: RepositoryLayout;
  stage: string;
  plan: Plan;
  channels: Channel[];
  log: RunLog;
  metrics: Metrics;
};
type Told = { happening: Happening; requestId: string } | { execution: ExecutionEnded["detail"]; requestId: string };

/**
 * Tells people once. The first request to claim the message sends it, and its retries go on sending it; whoever comes
 * with the same message later has nothing to do.
 */
export const announce =
  (ports: Ports) =>
  async (told: Told): Promise<{ told: boolean; code?: string }> => {
    const { runId, what } =
      "happening" in told ? identify(told.happening) : { runId: told.execution.name, what: machineOf(told.execution) };
    ports.log.belongsTo(runId);
    if (!(await claim(ports.repository, ports.layout.announced(runId, what), told.requestId))) {
      ports.log.info(`${what} was announced already`, { runId, what });
      return { told: false };
    }
    if ("execution" in told) countFailure(ports, told.execution);
    const announcement =
      "happening" in told ? describeHappening(told.happening) : await describeFailure(ports, told.execution);
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

const machineOf = ({ stateMachineArn, status }: ExecutionEnded["detail"]) =>
  `${stateMachineArn.split("-").at(-1)}-${status}`;

function identify({ type, detail }: Happening): { runId: string; what: string } {
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
