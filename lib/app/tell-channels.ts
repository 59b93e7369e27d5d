import type { Announcement } from "#domain/announcement.ts";
import { describeError } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import { isRouted } from "#domain/routes.ts";
import type { Clock, Log } from "#ports/log.ts";
import type { Channel } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import { endAlarm, raiseAlarm, readAlarm } from "./alarm-log.ts";
import { asAlarm, describeBrokenChannel, describeRecovered } from "./describe-alarm.ts";
import { isGathered } from "./gather-flood.ts";
import type { Identity } from "./what-happened.ts";

type Ports = {
  repository: Repository;
  layout: RepositoryLayout;
  stage: string;
  plan: Plan;
  channels: Channel[];
  log: Log;
  clock: Clock;
};
const CODE = "ChannelFailed";

/**
 * Tells every channel that the plan routes it to; a channel that has taken it is not told again by a retry. Of one that fails
 * the others are told, once, and of its end when it takes a message again. Answers what went wrong.
 */
export async function tellChannels(ports: Ports, announcement: Announcement, identity: Identity): Promise<unknown[]> {
  const channels = ports.channels.filter(({ name }) => isRouted(ports.plan.tell.routes, announcement, name));
  const failures: unknown[] = [];
  await Promise.all(
    channels.map(async (channel) => {
      try {
        if (await tellOnce(ports, channel, announcement, identity)) await mended(ports, channel, identity);
      } catch (error) {
        failures.push(error);
        await broken(ports, channel, error, identity);
      }
    }),
  );
  if (failures.length === 0)
    ports.log.info(`${announcement.code}: told`, { channels: channels.map(({ name }) => name) });
  return failures;
}

/** False where this channel has taken it before, or will hear of it in a digest. */
async function tellOnce(ports: Ports, channel: Channel, announcement: Announcement, { runId, what }: Identity) {
  const receipt = ports.layout.announced(runId, `${what}-by-${channel.name}`);
  if (await ports.repository.head(receipt)) return false;
  if (await isGathered(ports, channel, announcement, { runId, what })) return false;
  await channel.tell(announcement);
  await ports.repository.create(receipt, JSON.stringify({ told: announcement.code }));
  return true;
}

async function broken(ports: Ports, { name }: Channel, error: unknown, { runId, what }: Identity): Promise<void> {
  const problem = { severity: "critical" as const, problem: name };
  const record = await raiseAlarm(ports, { source: name, code: CODE }, problem, `${runId} ${what} ${name}`);
  if (!record?.isTold) return;
  const announcement = describeBrokenChannel(ports.stage, name, describeError(error).message);
  await tellOthers(ports, name, asAlarm(announcement, [record]), { runId, what: `${what}-${CODE}-${name}` });
}

async function mended(ports: Ports, { name }: Channel, { runId, what }: Identity): Promise<void> {
  if (!(await readAlarm(ports, { source: name, code: CODE }))?.isOpen) return;
  const record = await endAlarm(ports, { source: name, code: CODE }, `${runId} ${what} ${name} again`);
  if (!record?.isTold) return;
  const announcement = describeRecovered(ports, record, `${name} has taken a message again.`);
  await tellOthers(ports, name, announcement, { runId, what: `${what}-${CODE}-${name}-ends` });
}

/** Whichever can still be reached; who can't is told of by its own failure. */
async function tellOthers(ports: Ports, name: string, announcement: Announcement, identity: Identity): Promise<void> {
  const others = ports.channels.filter((channel) => channel.name !== name);
  const told = await Promise.allSettled(others.map((channel) => tellOnce(ports, channel, announcement, identity)));
  for (const result of told)
    if (result.status === "rejected")
      ports.log.error(`${announcement.code} could not be told`, { error: describeError(result.reason) });
}
