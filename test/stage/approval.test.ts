import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { ApprovalDecision } from "#domain/approval.ts";
import { DroppedState } from "#domain/evidence.ts";
import { startOf } from "#domain/ids.ts";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
let nobodyAnswers: Awaited<ReturnType<typeof waiting>>;

const Answer = z.object({ verdict: z.string(), figures: z.looseObject({}), next: z.string() });
const call = async (name: string, input: object) => Answer.parse(await world.client.invoke(name, input));
const refusal = (name: string, input: object) =>
  world.client.invoke(name, input).then(
    () => "nothing was refused",
    (error: Error) => `${error.name}: ${error.message}`,
  );
const stagingRedis = (...command: string[]) => redis(world.stage, "staging-redis", ...command);
const request = (source: string, target: string) => ({ source, target, confirm: target, requestedBy: "Ada" });
const becauseOf = async (arn: string) => (await world.client.ended(arn)).cause;

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["staging-redis", "staging-uploads"]);
  await world.haveLatest();
  await stagingRedis("SET", "what-was-there", "42");
  const { folder } = world.stage.targets["staging-uploads"]; // which is that of guarded-uploads, too
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "what-was-there"), "42");
  nobodyAnswers = await waiting("uploads", "guarded-uploads"); // while the others are at work
});
afterAll(async () => {
  await resetFleet(["staging-redis", "staging-uploads"]);
  await world.client.clearMessages();
});

/** A restore that waits for a second person, and the very command that its message gives them. */
async function waiting(source: string, target: string) {
  const { figures } = await call("start-restore", request(source, target));
  return asked(z.string().parse(figures["executionArn"]), `into ${target}, which is live: a second person`);
}
async function asked(arn: string, words: string) {
  const message = await world.client.message((text, channel) => channel === "slack" && text.includes(words));
  const text = world.client.asText(message);
  const inputOf = (name: string) => JSON.parse(new RegExp(`-f ${name} -d '(.+?)'`).exec(text)?.[1] ?? "null");
  await world.client.clearMessages();
  return { arn, text, approve: inputOf("approve"), refuse: inputOf("refuse") };
}

it("lets nothing touch a live target before a second person has approved it, takes the safety point after that, and believes one word once", async () => {
  const { arn, text, approve } = await waiting("sessions", "guarded-redis");
  const held = await stagingRedis("GET", "what-was-there");
  const described = await call("describe-restore", { restoreId: approve.requestId });
  const byHerself = await refusal("approve", { ...approve, approvedBy: "ada" });
  const askedAgain = await call("start-restore", request("sessions", "guarded-redis"));

  const approved = await call("approve", { ...approve, approvedBy: "Grace" });
  const execution = await world.client.ended(arn);

  expect(text).toContain("Ada wants to restore sessions into guarded-redis");
  expect(held.trim()).toBe("42");
  expect(described.verdict).toContain("RUNNING: sessions into guarded-redis: waiting for a second person until 20");
  expect(byHerself).toBe(`ApprovalInvalid: ada has asked for ${approve.requestId}, and can't be the second person`);
  expect(askedAgain.verdict).toBe("Nothing was started: another restore is at work in guarded-redis");
  expect(approved.verdict).toContain("APPROVED by Grace: sessions as it was at 20");
  expect(execution.status, execution.cause).toBe("SUCCEEDED");
  expect(await stagingRedis("DEBUG", "DIGEST")).toBe(await redis(world.stage, "sessions", "DEBUG", "DIGEST"));
  const { safetyBackupId, approval } = await world.client.evidenceOf(execution);
  const decided = await world.client.repository.read(world.layout.approvalDecided(approve.requestId));
  const { decidedAt } = ApprovalDecision.parse(JSON.parse(new TextDecoder().decode(decided)));
  expect(approval).toEqual({ approvedBy: "Grace", at: decidedAt });
  expect(startOf(safetyBackupId ?? ("" as never)).getTime() + 1_000).toBeGreaterThan(Date.parse(decidedAt));
  expect(await refusal("approve", { ...approve, approvedBy: "Grace" })).toMatch(
    /^ApprovalInvalid: .+ was approved by Grace at .+, and waits no more: one word is good for one request, once$/,
  );
  const { figures } = await call("read-audit", {});
  expect(JSON.stringify(figures)).toMatch(new RegExp(`approve.+${approve.requestId}|${approve.requestId}.+approve`));
});

it("fails with who refused it and why, and the target is as it was", async () => {
  const digest = await stagingRedis("DEBUG", "DIGEST");
  const { arn, refuse } = await waiting("sessions", "guarded-redis");

  await call("refuse", { ...refuse, refusedBy: "Grace", because: "the wrong night was chosen" });
  const execution = await world.client.ended(arn);

  expect(execution).toMatchObject({ status: "FAILED", error: "ApprovalRefused" });
  expect(execution.cause).toBe("Refused by Grace, because: the wrong night was chosen. Nothing was touched");
  for (const channel of ["slack", "sns"])
    await world.client.message(
      (text, from) => from === channel && text.includes("Refused by Grace, because: the wrong"),
    );
  expect(await stagingRedis("DEBUG", "DIGEST")).toBe(digest);
});

it("X2 loads nothing into a server that has come into the target's place while the restore waited", async () => {
  const { arn, approve } = await waiting("sessions", "guarded-redis");
  await resetFleet(["staging-redis"]);
  await stagingRedis("SET", "of-the-new-server", "1");

  await call("approve", { ...approve, approvedBy: "Grace" });
  const execution = await world.client.ended(arn);

  expect(execution).toMatchObject({ status: "FAILED", error: "TargetChanged" });
  expect(execution.cause).toContain("guarded-redis is not what Grace has approved");
  expect((await stagingRedis("DBSIZE")).trim()).toBe("1");
});

it("goes on without a second person only where one says so aloud, and is stopped by the command of the alarm", async () => {
  const breakGlass = { who: "Ada", why: "nobody else can be reached" };
  const { figures } = await call("start-restore", { ...request("sessions", "guarded-redis"), breakGlass });

  const isAloud = (text: string) => text.includes("without the second person that the plan asks for");
  const said = await Promise.all(
    ["slack", "sns"].map((channel) => world.client.message((text, from) => from === channel && isAloud(text))),
  );
  const command = /-f cancel-restore -d '(.+?)'/.exec(world.client.asText(said[0] as never))?.[1] ?? "null";
  const cancelled = await call("cancel-restore", { ...JSON.parse(command), because: "this was a test of the alarm" });

  expect(cancelled.verdict).toBe("CANCELLED: guarded-redis is as it was, nothing was swapped in");
  expect((await world.client.ended(`${figures["executionArn"]}`)).status).toBe("FAILED");
  expect((await stagingRedis("DBSIZE")).trim()).toBe("1");
  const { figures: audit } = await call("read-audit", {});
  expect(JSON.stringify(audit)).toContain("break glass");
});

it("fails when nobody has answered in the plan's time, and an approval that comes then is refused", async () => {
  const { arn, approve } = nobodyAnswers;

  const cause = await becauseOf(arn);

  expect(await world.client.describe(arn)).toMatchObject({ status: "FAILED", error: "ApprovalExpired" });
  expect(cause).toContain("No second person has approved it in time. Nothing was touched.");
  expect(await refusal("approve", { ...approve, approvedBy: "Grace" })).toMatch(/^ApprovalInvalid: .+ waited until 20/);
});

it("rolls such a restore back, and drops what is kept then before its time, by a second person's word on exactly that, once", async () => {
  const { layout, client } = world;
  const target = "guarded-uploads";
  await client.ended(nobodyAnswers.arn); // it has the target until then
  const restore = await waiting("uploads", target);
  await call("approve", { ...restore.approve, approvedBy: "Grace" });
  const { restoreId, kept } = await client.evidenceOf(await client.ended(restore.arn));
  const file = join(world.stage.targets["staging-uploads"].folder, "what-was-there");
  const rollback = { restoreId, confirm: target, requestedBy: "Ada" };
  const waits = await call("rollback-restore", rollback);
  const requestId = z.string().parse(waits.figures["requestId"]);
  const tooEarly = await refusal("rollback-restore", { ...rollback, requestId });
  const wasThere = existsSync(file);
  await call("approve", { requestId, confirm: target, approvedBy: "Grace" });
  const rolledBack = await call("rollback-restore", { ...rollback, requestId });
  const isBack = existsSync(file);
  const onceMore = await refusal("rollback-restore", { ...rollback, requestId });

  const arn = await client.start("drop", { target, olderThan: "0m", requestedBy: "Ada" });
  const drop = await asked(arn, `kept in ${target}, sooner`);
  const before = await client.repository.read(layout.dropped(restoreId));
  const approved = await call("approve", { ...drop.approve, approvedBy: "Grace" });
  const execution = await client.ended(drop.arn);

  expect(kept).toHaveLength(1);
  expect(waits.verdict).toContain(`${target} was not rolled back: it waits for a second person until 20`);
  expect(tooEarly).toMatch(/^ApprovalInvalid: /);
  expect([wasThere, isBack]).toEqual([false, true]);
  expect(rolledBack.verdict).toBe(`${target} is again what it was before the restore ${restoreId}`);
  expect(onceMore).toContain("one word is good for one request, once");
  expect(drop.text).toContain(`(${restoreId})`);
  expect(before).toBeUndefined();
  expect(approved.verdict).toContain("APPROVED by Grace: what restores have kept in guarded-uploads is dropped");
  expect(execution.status, execution.cause).toBe("SUCCEEDED");
  const record = await client.repository.read(layout.dropped(restoreId));
  const { keptFor, dropped } = DroppedState.parse(JSON.parse(new TextDecoder().decode(record)));
  expect({ keptFor, dropped: dropped.length }).toEqual({ keptFor: "0m", dropped: 1 });
  expect(await refusal("approve", { ...drop.approve, approvedBy: "Grace" })).toContain("and waits no more");
});
