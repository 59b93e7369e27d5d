import { mkdtempSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { slackChannel } from "#adapters/slack.ts";
import { slackBot } from "#adapters/slack-bot.ts";
import type { Announcement } from "#domain/announcement.ts";
import { RestoreId } from "#domain/ids.ts";
import { makeSink } from "#local/sink.ts";
import { layout, memoryWorld } from "../support/memory-world.ts";

const restoreId = RestoreId.parse("2026-02-23-134207-k3x9");
const about = (title: string, restore?: Announcement["restore"]): Announcement => ({
  ...{ severity: "info", code: "Any", title, happened: ["<!here> & *all*"], intact: "all", next: { say: "nothing" } },
  figures: [],
  ...(restore && { restore }),
});
const begun = about("begun", { restoreId, is: "begun" });
const underWay = about("half", { restoreId, is: "under way" });
const ended = about("ended", { restoreId, is: "ended" });

const Messages = z.array(
  z.object({
    channel: z.string(),
    body: z.looseObject({ text: z.string(), ts: z.string().optional(), thread_ts: z.string().optional() }),
  }),
);
const server = serve({ fetch: makeSink(join(mkdtempSync(join(tmpdir(), "sink-")), "messages")).fetch, port: 0 });
let url = "";
beforeAll(() => {
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => fetch(`${url}/messages`, { method: "DELETE" }));

function bot(token = "xoxb-secret-token") {
  const { ports, objects } = memoryWorld();
  const secrets = { read: async () => ({ token }) };
  const channel = slackBot(
    { ...ports, secrets },
    { botTokenSecret: "arn:slack", channel: "C0HOLDFAST", apiOrigin: url },
  );
  return { ...channel, update: async (announcement: Announcement) => channel.update?.(announcement), objects };
}
const said = async () =>
  Messages.parse(await (await fetch(`${url}/messages`)).json()).map(({ channel, body }) => ({
    ...{ channel, title: body.text.split("\n")[0], ts: body.ts, thread: body.thread_ts },
  }));
const refuse = (body: object) => fetch(`${url}/api/refuse`, { method: "POST", body: JSON.stringify(body) });

it("keeps one message for a restore, changes it as it goes on, and says its end in the message and in its thread", async () => {
  const slack = bot();

  await slack.tell(begun);
  await slack.update(underWay);
  await slack.tell(ended);
  await slack.tell(about("of something else"));

  const [first, ...more] = await said();
  const { ts } = first ?? {};
  expect(first).toMatchObject({ channel: "slack", title: "begun" });
  expect(more).toEqual([
    { channel: "slack-update", title: "half", ts, thread: undefined },
    { channel: "slack-update", title: "ended", ts, thread: undefined },
    { channel: "slack", title: "ended", ts: expect.any(String), thread: ts },
    { channel: "slack", title: "of something else", ts: expect.any(String), thread: undefined },
  ]);
  expect([...slack.objects.keys()]).toEqual([layout.announced(restoreId, "message-by-slack")]);
});

it("says the end of a restore whose begin Slack never heard of, and shows no progress of it", async () => {
  const slack = bot();

  await slack.update(underWay);
  await slack.tell(ended);

  expect(await said()).toMatchObject([{ channel: "slack", title: "ended", thread: undefined }]);
});

it("N10 escapes what is said by a bot, too", async () => {
  await bot().tell(begun);

  const text = await (await fetch(`${url}/messages`)).text();
  expect(text).toContain("&lt;!here&gt; &amp; *all*");
  expect(text).not.toContain("<!here>");
});

it.each([
  [{ error: "ratelimited", retryAfter: 30 }, /rate-limit/],
  [{ error: "invalid_auth" }, /invalid_auth/],
])("throws at once what Slack answers, %j, and its token is not in it", async (refusal, words) => {
  await refuse(refusal);

  const error = await bot()
    .tell(begun)
    .catch((thrown: Error) => thrown);

  expect(error).toMatchObject({ name: "AnnouncementFailed", message: expect.stringMatching(words) });
  expect(String(error)).not.toContain("xoxb-secret-token");
  expect(await said()).toEqual([]);
});

it("throws where the secret holds no token that Slack would take", async () => {
  await expect(bot("nothing like a token").tell(begun)).rejects.toThrow("invalid_auth");
});

it("N10 tells by a webhook, too, which can't change what it has told", async () => {
  const webhook = slackChannel(
    { read: async () => ({ url: `${url}/slack` }) },
    { webhookSecret: "arn:slack", webhookOrigin: url },
  );

  await webhook.tell(begun);
  await webhook.tell(ended);

  expect(await said()).toMatchObject([
    { channel: "slack", title: "begun" },
    { channel: "slack", title: "ended" },
  ]);
  expect(webhook.update).toBeUndefined();
});
