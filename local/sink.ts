import { createHmac } from "node:crypto";
import { appendFileSync, writeFileSync } from "node:fs";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { z } from "zod";
import { channelSecrets } from "./secrets.ts";
import { slackApi } from "./slack-api.ts";
import { stageAddresses, stageFiles } from "./stage-layout.ts";

/** Something that holdfast told people. `at` is when it arrived; `body` is what Slack, or an SNS subscriber, was sent. */
export type SinkMessage = {
  at: string;
  channel: "slack" | "slack-update" | "sns" | "pagerduty" | "webhook";
  body: unknown;
};

/** A signal of the watcher, as healthchecks.io takes it: `isWell` is false for `/fail`. */
export type Ping = { at: string; isWell: boolean; text: string };

const Notification = z.object({ Type: z.string(), SubscribeURL: z.url().optional() });

/** https://developer.pagerduty.com/docs/send-alert-event */
const PagerDutyEvent = z.looseObject({
  routing_key: z.literal(channelSecrets.pagerduty.routingKey),
  event_action: z.enum(["trigger", "resolve"]),
  dedup_key: z.string(),
});

/**
 * Stands in for Slack and for an operator's inbox. Everything received is kept in memory, in order, and in
 * `.holdfast/messages.jsonl`. `POST /slack` (a webhook), `POST /api/…` (what a bot calls), `POST /sns`, `POST /v2/enqueue`
 * (PagerDuty), `POST /webhook` (signed); `GET /messages` gives `SinkMessage[]`; `DELETE /messages` forgets. `POST /ping/<id>` and `/ping/<id>/fail`: the last ten, by `GET /pings`.
 */
export function makeSink(file = stageFiles.messages): Hono {
  let messages: SinkMessage[] = [];
  const record = (channel: SinkMessage["channel"], body: unknown) => {
    const message = { at: new Date().toISOString(), channel, body };
    messages.push(message);
    appendFileSync(file, `${JSON.stringify(message)}\n`);
  };
  const forget = () => {
    messages = [];
    writeFileSync(file, "");
  };
  forget();

  let pings: Ping[] = [];
  const ping = (isWell: boolean, text: string) => {
    pings = [...pings, { at: new Date().toISOString(), isWell, text }].slice(-10);
    return "OK";
  };

  const app = new Hono();
  app.post("/ping/:id", async (context) => context.text(ping(true, await context.req.text())));
  app.post("/ping/:id/fail", async (context) => context.text(ping(false, await context.req.text())));
  app.get("/pings", (context) => context.json(pings));
  app.get("/health", (context) => context.text("ok"));
  app.get("/messages", (context) => context.json(messages));
  app.delete("/messages", (context) => {
    forget();
    return context.body(null, 204);
  });
  app.post("/slack", async (context) => {
    record("slack", await context.req.json());
    return context.text("ok");
  });
  app.route("/api", slackApi(record));
  app.post("/v2/enqueue", async (context) => {
    const { routing_key, ...event } = PagerDutyEvent.parse(await context.req.json());
    record("pagerduty", event); // without its key, as PagerDuty shows it
    return context.json({ status: "success", dedup_key: event.dedup_key }, 202);
  });
  app.post("/webhook", async (context) => {
    const body = await context.req.text();
    if (!isSigned(body, context.req.header())) return context.text("not signed by holdfast", 401);
    record("webhook", JSON.parse(body));
    return context.text("ok");
  });
  app.post("/sns", async (context) => {
    const body: unknown = JSON.parse(await context.req.text()); // SNS sends JSON as text/plain
    const { Type, SubscribeURL } = Notification.parse(body);
    if (Type === "Notification") record("sns", body);
    if (Type === "SubscriptionConfirmation" && SubscribeURL !== undefined) await confirm(SubscribeURL);
    return context.text("ok");
  });
  return app;
}

/** As docs/reference/plan.md tells a receiver to check it. */
function isSigned(body: string, headers: Record<string, string>): boolean {
  const signed = createHmac("sha256", channelSecrets.webhook.signingKey)
    .update(`${headers["x-holdfast-timestamp"]}.${body}`)
    .digest("hex");
  return headers["x-holdfast-signature"] === `sha256=${signed}`;
}

/** Only the emulator's own address is called: whoever posts here must not choose another. */
async function confirm(subscribeUrl: string): Promise<void> {
  const { hostname, pathname, search } = new URL(subscribeUrl);
  if (!["127.0.0.1", "localhost"].includes(hostname)) throw new Error(`not a local subscription: ${hostname}`);
  await fetch(`${stageAddresses.endpoint}${pathname}${search}`);
}

if (import.meta.main) serve({ fetch: makeSink().fetch, hostname: "127.0.0.1", port: stageAddresses.sinkPort });
