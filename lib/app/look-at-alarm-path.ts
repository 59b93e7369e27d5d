import { durationMs } from "#domain/duration.ts";
import { instantsOf } from "#domain/ledger.ts";
import type { Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import { isRouted } from "#domain/routes.ts";
import type { Finding } from "#domain/silence.ts";
import type { Events } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import type { Watched } from "#ports/watched.ts";
import type { Schedules } from "./look-at-settings.ts";

/** Receipts are in `runs/`, which expires after 30 days. */
const LOOK_BACK = "7d";
const ARRIVES_WITHIN = "30m";
/** One that did not arrive is sent again, so that what was mended is seen. */
const AGAIN_AFTER = "6h";

export type PathPorts = {
  stage: string;
  plan: Plan;
  watched: Watched;
  events: Events;
  repository: Repository;
  layout: RepositoryLayout;
  topics: Record<"warning" | "critical", string>;
  deadLetters: string;
};

/** Why an alarm might reach nobody: subscriptions, what could not be delivered, and a canary that no channel took. */
export async function whatDoesNotArrive(ports: PathPorts, schedules: Schedules, now: Date): Promise<Finding[]> {
  const depth = await ports.watched.depth(ports.deadLetters);
  return [
    ...(await deafSubscriptions(ports)),
    ...(depth > 0 ? ["something lies in the dead-letter queue: docs/runbooks/Undelivered.md"] : []),
    ...(await lostCanary(ports, schedules, now)),
  ].map((what) => ({ code: "AlarmPathFailed", source: "announce", what }));
}

async function deafSubscriptions({ watched, topics, plan }: PathPorts): Promise<string[]> {
  const problems: string[] = [];
  for (const [severity, topic] of Object.entries(topics)) {
    const subscriptions = await watched.subscriptions(topic);
    const endpoints = subscriptions.map(({ endpoint }) => endpoint);
    for (const { endpoint, isConfirmed } of subscriptions)
      if (!isConfirmed) problems.push(`${endpoint} has not confirmed the mail about ${severity} alarms`);
    for (const address of plan.tell.email ?? [])
      if (!endpoints.includes(address)) problems.push(`${address} gets no ${severity} alarms: it is not subscribed`);
    if (plan.tell.slack === undefined && !subscriptions.some(({ isConfirmed }) => isConfirmed))
      problems.push(`nobody hears ${severity} alarms: the topic has no subscriber, and the plan no Slack`);
  }
  return problems;
}

/** Sends the canary that is due, and says which channel has not taken the last one. */
async function lostCanary(ports: PathPorts, schedules: Schedules, now: Date): Promise<string[]> {
  const { stage, plan, events, repository, layout } = ports;
  const deployedAt = Math.min(now.getTime(), ...[...schedules.values()].map(({ changedAt }) => changedAt.getTime()));
  const since = new Date(Math.max(deployedAt, now.getTime() - durationMs(LOOK_BACK)));
  const dueAt = plan.tell.canary === undefined ? undefined : instantsOf(plan.tell.canary, since, now).at(-1);
  if (!dueAt) return [];
  const receipts: string[] = [];
  for await (const key of repository.list(layout.canaries(dueAt))) receipts.push(key);
  const missing = canaryChannels(plan).filter((name) => !receipts.some((key) => key.endsWith(`-by-${name}.json`)));
  if (missing.length === 0) return [];
  const ageMs = now.getTime() - dueAt.getTime();
  const attempt = Math.floor(ageMs / durationMs(AGAIN_AFTER));
  await events.emit({ type: "CanarySent", detail: { stage, dueAt: dueAt.toISOString(), attempt } });
  if (ageMs < durationMs(ARRIVES_WITHIN)) return [];
  return [`the canary of ${dueAt.toISOString()} was not taken by ${missing.join(" and ")}`];
}

/** Those of the plan that warnings go to: `announce` sends it as one. */
function canaryChannels({ tell: { slack, pagerDuty, webhook, routes } }: Plan): string[] {
  const has = Object.entries({ sns: true, slack, pagerduty: pagerDuty, webhook }).filter(
    ([, its]) => its !== undefined,
  );
  return has.map(([name]) => name).filter((name) => isRouted(routes, { severity: "warning" }, name));
}
