import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import pMap from "p-map";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { watchStage } from "./support/invariants.ts";
import { within } from "./support/within.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
const request = { source: "sessions" };
const digest = () => redis(world.stage, "staging-redis", "DEBUG", "DIGEST");
const Answer = z.looseObject({ verdict: z.string(), figures: z.looseObject({ executionArn: z.string() }) });

beforeAll(async () => {
  world = await openWorld();
  await world.goodBackup(["sessions"]); // an older point may be of what another test had put there
});
beforeEach(() => resetFleet(["staging-redis"]));
afterAll(async () => {
  await resetFleet(["staging-redis"]);
  await world.client.clearMessages();
});

it("X2 takes no other target's name for a confirmation", async () => {
  await redis(world.stage, "staging-redis", "SET", "foreign", "1");
  const before = await digest();
  const watch = await watchStage(world);

  const refused = await world.client.run("restore", { ...request, confirm: "sessions-live" });

  expect(refused).toMatchObject({ status: "FAILED", error: "ConfirmationNeeded" });
  expect(await digest()).toBe(before);
  await watch.expectInvariants({ failed: [refused] });
});

it("X2 loads nothing into a server that has come into the place of the one that was confirmed", async () => {
  await redis(world.stage, "staging-redis", "SET", "foreign", "1");
  const watch = await watchStage(world);

  const restore = await whileHeldBeforeLoading(
    { ...request, confirm: "staging-redis", safety: "none", because: "the target is replaced below" },
    async () => {
      await resetFleet(["staging-redis"]);
      await redis(world.stage, "staging-redis", "SET", "another", "server");
    },
  );

  expect(restore).toMatchObject({ status: "FAILED", error: "RestoreFailed" });
  expect(restore.cause).toContain("sessions: TargetChanged: ");
  expect(await redis(world.stage, "staging-redis", "KEYS", "*")).toBe("another");
  await watch.expectInvariants({ failed: [restore] });
});

it("X9 X2 N10 lets one restore at a time into a target: others are refused by its name, a flood of calls starts nothing, and a dead one keeps nobody out", async () => {
  const watch = await watchStage(world);
  const calls = Array.from({ length: 1_000 });

  const { first, second, answers, begun } = await (async () => {
    let meanwhile: { second?: Awaited<ReturnType<typeof world.client.run>>; answers: unknown[]; begun: number } = {
      answers: [],
      begun: 0,
    };
    const held = await whileHeldBeforeLoading(request, async (executionArn) => {
      const answered = await pMap(calls, () => world.client.invoke("start-restore", request), { concurrency: 10 });
      const ran = await world.client.run("restore", request);
      meanwhile = { second: ran, answers: answered, begun: (await world.client.executions("restore")).length };
      await world.client.sfn.send(new StopExecutionCommand({ executionArn }));
    });
    return { first: held, ...meanwhile };
  })();
  const third = await world.client.run("restore", request);

  expect(first.status).toBe("ABORTED");
  expect(second).toMatchObject({ status: "FAILED", error: "TargetBusy" });
  expect(second?.cause).toContain(`staging-redis is being restored by ${first.arn}`);
  for (const answer of answers)
    expect(Answer.parse(answer)).toMatchObject({
      verdict: "Nothing was started: another restore is at work in staging-redis",
      figures: { executionArn: first.arn },
    });
  expect((await world.client.executions("restore")).length).toBe(begun + 1); // the third: no call has started one
  expect(third.status, third.cause).toBe("SUCCEEDED");
  expect(await digest()).toBe(await redis(world.stage, "sessions", "DEBUG", "DIGEST"));
  await watch.expectInvariants({ failed: second ? [first, second] : [first] });
});

/** The restore's own task has been started and has not read yet what it is to do: the target was looked at before. */
async function whileHeldBeforeLoading(input: object, work: (executionArn: string) => Promise<void>) {
  const isHeld = Promise.withResolvers<void>();
  const isReleased = Promise.withResolvers<void>();
  const { result } = await world.throughProxy(
    ({ operation, key }) => {
      if (operation !== "GetObject" || !key.endsWith("/sessions.task.json")) return undefined;
      isHeld.resolve();
      return { hold: isReleased.promise };
    },
    async () => {
      const arn = await world.client.start("restore", input);
      await within(isHeld.promise);
      await work(arn).finally(isReleased.resolve);
      return world.client.ended(arn);
    },
    "restore",
  );
  return result;
}
