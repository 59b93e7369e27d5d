import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SNSClient, SubscribeCommand, UnsubscribeCommand } from "@aws-sdk/client-sns";
import pWaitFor from "p-wait-for";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { readPlan } from "#adapters/plan-file.ts";
import { readAlarm } from "#app/alarm-log.ts";
import { tellChannels } from "#app/tell-channels.ts";
import type { Announcement } from "#domain/announcement.ts";
import { DIGEST, windowOf } from "#domain/digest.ts";
import { durationMs } from "#domain/duration.ts";
import { engineSections } from "#engines/descriptions.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { awsClientOptions, stageAddresses } from "#local/stage-layout.ts";
import { openReader } from "./runbooks/reader.ts";
import { isRestored } from "./runbooks/scene.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
let reader: Awaited<ReturnType<typeof openReader>>;

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["staging-redis"]);
  await world.haveLatest();
  await world.client.clearMessages();
  reader = await openReader();
});
afterAll(async () => {
  await reader.close();
  await resetFleet(["staging-redis"]);
  await world.client.clearMessages();
});

const happens = async (type: string, detail: object) => {
  const Detail = JSON.stringify({ stage: world.stage.stage, source: "sessions", ...detail });
  await world.eventBridge.send(new PutEventsCommand({ Entries: [{ Source: "holdfast", DetailType: type, Detail }] }));
};
/** Handled when it resolves, so that the next one comes after it. */
const comesAgain = (type: string, detail: object) =>
  world.client.invoke("announce", {
    ...{ id: "again", source: "holdfast", "detail-type": type, time: new Date().toISOString() },
    detail: { stage: world.stage.stage, source: "sessions", ...detail },
  });
const told = (title: string) =>
  Promise.all(
    ["slack", "sns"].map((wanted) =>
      world.client.message((text, channel) => channel === wanted && text.includes(title)),
    ),
  );

it("A5 tells on every channel of an alarm when it opens and when it ends, and nothing of what comes in between", async () => {
  const code = `Test${[...Date.now().toString()].map((digit) => "abcdefghij"[Number(digit)]).join("")}`;
  const detail = { code, severity: "warning", problem: "one", message: "it is late", next: { say: "look" } };
  const stateOf = () => readAlarm(world.client.catalog, { source: "sessions", code });

  await happens("AlarmRaised", detail);
  await told(`${code}: sessions`);
  for (const _ of [1, 2]) await comesAgain("AlarmRaised", detail);
  const open = await stateOf();
  await happens("AlarmRecovered", { code, message: "it is there" });
  await told(`Recovered: ${code} of sessions`);
  for (const _ of [1, 2]) await comesAgain("AlarmRecovered", { code, message: "it is there" });

  expect(open).toMatchObject({ isOpen: true, number: 1, what: "opened" });
  expect(await stateOf()).toMatchObject({ isOpen: false, number: 2, what: "recovered" });
  const each = [`Recovered: ${code} of sessions`, `${code}: sessions`]; // sorted
  for (const wanted of ["slack", "sns"]) {
    const of = (await world.client.messages()).filter(({ channel }) => channel === wanted);
    const titles = of.map((message) => world.client.asText(message).split("\n")[0] ?? "");
    expect(titles.filter((title) => title.includes(code)).toSorted(), wanted).toEqual(each);
  }
  await pWaitFor(async () => (await postedOf(code)).length >= 2 && (await eventsOf(code)).length >= 2, WAIT);
  expect(await eventsOf(code)).toEqual(["trigger", "resolve"]);
  expect(await postedOf(code)).toEqual([true, false]); // the sink has checked who signed it
});

const WAIT = { interval: 200, timeout: { milliseconds: 60_000, message: "PagerDuty or the webhook was not told" } };
const eventsOf = async (code: string) =>
  (await world.client.sentTo("pagerduty"))
    .map((event) => PagerDutyEvent.parse(event))
    .flatMap(({ dedup_key, event_action }) =>
      dedup_key === `holdfast/${world.stage.stage}/sessions/${code}` ? [event_action] : [],
    );
const postedOf = async (code: string) =>
  (await world.client.sentTo("webhook"))
    .map((body) => Posted.parse(body))
    .flatMap((message) => (message.code === code ? [message.alarm.isOpen] : []));
const PagerDutyEvent = z.looseObject({ event_action: z.string(), dedup_key: z.string() });
const Posted = z.looseObject({
  code: z.string(),
  alarm: z.looseObject({ isOpen: z.boolean() }).default({ isOpen: true }),
});
const Answer = z.looseObject({
  verdict: z.string(),
  figures: z.looseObject({ takes: z.string(), points: z.array(z.unknown()), contacts: z.array(z.unknown()) }),
  next: z.string(),
});
const whatNow = async (input: object) => Answer.parse(await world.client.invoke("what-now", input));

it("AP-20 GL-18 what-now names point, loss and people, and the command that it prints restores the source; then it knows how long that takes", async () => {
  const shell = await reader.openShell();
  const asked = { what: "deleted", source: "sessions" };

  const answer = await whatNow(asked);
  const [command = ""] = answer.next.split("\n");
  const restored = await isRestored(world)(await shell(command));
  const again = await whatNow(asked);

  expect(answer.verdict).toMatch(/^deleted: sessions can be brought back into staging-redis as it was at \d{4}-/);
  expect(answer.figures.points.length).toBeGreaterThan(0);
  expect(answer.figures.contacts).toMatchObject([
    { role: "database", primary: { name: "Ada" }, secondary: { name: "Grace" } },
    { role: "management" },
  ]);
  expect(again.figures.takes).toMatch(new RegExp(`^\\d.* of 10m, as ${restored["<restoreId>"]} into staging-redis$`));
});

it("A1 what a flood has kept from a channel comes to it as one digest, when its window is over", async () => {
  const { client, stage, layout } = world;
  const begin = windowOf(new Date(Date.now() - 2 * durationMs(DIGEST.every)), DIGEST);
  const told: string[] = [];
  const ports = {
    ...{ repository: client.repository, layout, stage: stage.stage, clock: () => begin },
    plan: { ...readPlan(".", "local", engineSections), tell: { digest: { ...DIGEST, above: 3 } } },
    channels: [{ name: "slack", tell: async ({ title }: { title: string }) => void told.push(title) }],
    log: { info: () => {}, error: () => {} },
  };
  const late: Announcement = {
    ...{ severity: "warning", code: "TestFlood", title: "it is late", happened: [], intact: "all", figures: [] },
    next: { say: "look" },
  };

  const crowd = Array.from({ length: 20 }, (_, number) => ({
    runId: `flood-${Date.now()}-${number}`,
    what: "TestFlood",
  }));
  await Promise.all(crowd.map((identity) => tellChannels(ports, late, identity)));
  await client.invoke("sweep-repository", {});
  const digest = await client.message((text) => text.includes(`more messages since ${begin.toISOString()}`));

  expect(told).toHaveLength(3);
  expect(digest.channel).toBe("slack");
  expect(client.asText(digest)).toContain("17 × TestFlood: it is late");
});

it("AP-19 AP-11 an alarm climbs from role to role until somebody acknowledges it by the link in their mail, is told of as it stands, and its machine ends with it", async () => {
  const { client } = world;
  const sns = new SNSClient(awsClientOptions);
  const TopicArn = `${client.machine("escalate").replace(":states:", ":sns:").split(":stateMachine:")[0]}:holdfast-${world.stage.stage}-role-database`;
  const subscription = await sns.send(
    new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint: `${stageAddresses.sink}/sns` }),
  );
  const slack = (text: string) => client.message((words, channel) => channel === "slack" && words.includes(text));
  const begun = new Date();

  await happens("AlarmRaised", {
    code: "TestAlarm",
    severity: "critical",
    problem: "one",
    message: "it is late",
    next: { say: "look" },
  });
  const waits = "TestAlarm of sessions waits for you";
  const asked = client.asText(await client.message((text, channel) => channel === "sns" && text.includes(waits)));
  await slack("TestAlarm of sessions was escalated to database");
  await slack("TestAlarm of sessions was escalated to management");
  const link = /^Ada takes it here, .*: (https:\S+)$/m.exec(asked)?.[1] ?? "";
  const shown = await opened("GET", link);
  const untaken = await alarm();
  const forged = await opened(
    "POST",
    link.replace(/.$/, (last) => (last === "A" ? "E" : "A")),
  );
  const taken = await opened("POST", link);
  const again = await opened("POST", link);
  await slack("TestAlarm of sessions is still open");
  await happens("AlarmRecovered", { code: "TestAlarm", message: "it is there" });
  const execution = await client.ended(await client.newest("escalate", begun));
  const ended = await opened("POST", link);

  expect(execution.status).toBe("SUCCEEDED");
  const told = (await client.messages()).map((message) => client.asText(message));
  expect(told.find((text) => text.includes("TestAlarm of sessions is still open"))).toContain(
    "Ada (by link) has taken it.",
  );
  expect(shown).toMatchObject({ status: 200, text: expect.stringContaining("<button>I am Ada, and take it</button>") });
  expect(untaken?.acknowledged).toBeUndefined();
  expect(taken).toMatchObject({ status: 200, text: expect.stringContaining("Ada (by link) has taken it") });
  expect(again).toEqual(taken);
  expect(forged).toMatchObject({ status: 404, text: expect.stringContaining("This link is of no use") });
  expect(ended).toEqual(forged);
  await sns.send(new UnsubscribeCommand({ SubscriptionArn: subscription.SubscriptionArn }));
  sns.destroy();
});

/** The emulator serves function URLs by a path of its own. */
async function opened(method: string, link: string) {
  const { hostname, search } = new URL(link);
  const [id = ""] = hostname.split(".");
  const response = await fetch(`${world.stage.endpoint}/_aws/lambda-url/${id}/${search}`, { method });
  return { status: response.status, text: await response.text() };
}
const alarm = () => readAlarm(world.client.catalog, { source: "sessions", code: "TestAlarm" });

it("AP-21 AP-10 AP-22 IS-18 a critical alarm opens an incident: it holds the points from before it, refuses later ones, and ends with its report in the bucket", async () => {
  const { client } = world;
  const asked = { requestedBy: "Ada" };
  const damage = { code: "TestDamage", severity: "critical", message: "totals differ", next: { say: "look" } };
  const Opened = /(DR-[\d-]+) is open: sessions corrupt[\s\S]*those up to (\S+) are held by (\S+):/;

  await happens("AlarmRaised", { ...damage, problem: "one" });
  const message = await client.message((text, channel) => channel === "sns" && Opened.test(text));
  const [, incidentId = "", since = "", holdId = ""] = Opened.exec(client.asText(message)) ?? [];
  await comesAgain("AlarmRaised", { ...damage, problem: "two" });
  const later = await world.goodBackup(["sessions"]);
  const refused = await client.run("restore", { source: "sessions" });
  const restore = await client.run("restore", { source: "sessions", before: since });
  await client.invoke("tick-step", { incidentId, step: "restored", note: "into staging", ...asked });
  await happens("AlarmRecovered", { code: "TestDamage", message: "they are right again" });
  await client.message((text, channel) => channel === "sns" && text.includes("Recovered: TestDamage of sessions"));
  const closing = { incidentId, rootCause: "it was a test", actions: ["it was restored"], ...asked };
  await client.invoke("close-incident", closing);
  await client.invoke("release-hold", { holdId, why: "it was a test", ...asked });

  expect(refused).toMatchObject({ status: "FAILED", cause: expect.stringContaining(`sessions in ${later} is of`) });
  expect(refused.cause).toContain(`${incidentId} suspects what came after ${since}`);
  expect(restore.cause).toBe("");
  expect(await client.repository.folders(world.layout.incidents)).toContain(incidentId);
  const told = (await client.messages()).filter((one) => one.channel === "sns" && Opened.test(client.asText(one)));
  expect(told).toHaveLength(1);
  const stored = await client.repository.read(`${world.stage.stage}/incidents/${incidentId}/report.md`);
  const report = new TextDecoder().decode(stored);
  const { restoreId, phases } = await client.evidenceOf(restore);
  expect(Object.keys(phases).length).toBeGreaterThan(1);
  for (const phase of Object.keys(phases))
    expect(report).toMatch(new RegExp(`^\\| ${phase} \\| [\\d.]+ min \\|$`, "m"));
  for (const what of ["opened", "also", "recovered"]) expect(report).toContain(`alarm TestDamage of sessions: ${what}`);
  expect(report).toContain(`restore ${restoreId} finished: staging-redis holds the point`);
  expect(report).toMatch(/^- \[x\] restored: .* \(Ada, .*: into staging\)$/m);
  expect(report).toMatch(/- RTO achieved: .* \(within 10m\)/);
  expect(report).toMatch(/- RPO achieved: .* of data/);
});
