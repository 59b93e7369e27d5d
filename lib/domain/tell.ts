import { z } from "zod";
import { Digest } from "./digest.ts";
import { durationMs, Wait } from "./duration.ts";
import { Routes } from "./routes.ts";
import { Cron } from "./schedule.ts";
import { SecretArn } from "./secret-arn.ts";

/** A name is looked up and must be public (lib/adapters/guarded-fetch.ts); of addresses only those of a relay on the same machine. */
function isOriginThatMayBeCalled(text: string): boolean {
  const url = URL.parse(text);
  if (url?.origin !== text) return false;
  if (/^http:\/\/(127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(text)) return true;
  return url.protocol === "https:" && /[a-z]$/.test(url.hostname);
}
const Origin = z
  .string()
  .refine(
    isOriginThatMayBeCalled,
    "must be https:// and a host name, or http:// and a loopback address, without a path",
  );
const SlackWebhook = z.strictObject({
  webhookSecret: SecretArn.describe('A secret that holds { "url": "https://hooks.slack.com/…" }.'),
  webhookOrigin: Origin.default("https://hooks.slack.com").describe(
    "Where the webhook may lead, whatever the secret says.",
  ),
});
const SlackBot = z.strictObject({
  botTokenSecret: SecretArn.describe('A secret that holds { "token": "xoxb-…" } of an app with the scope chat:write.'),
  channel: z
    .string()
    .regex(/^[CG][A-Z0-9]{2,}$/, "must be the ID of a channel, as in C0123456789")
    .describe("The ID of a channel that the app was invited to."),
  apiOrigin: Origin.default("https://slack.com").describe("Where Slack's Web API is."),
});
const DeadMan = z.strictObject({
  urlSecret: SecretArn.describe('A secret that holds { "url": "https://hc-ping.com/…" }: a check of healthchecks.io.'),
  urlOrigin: Origin.default("https://hc-ping.com").describe("Where it may lead, whatever the secret says."),
});
const PagerDuty = z.strictObject({
  routingKeySecret: SecretArn.describe('A secret that holds { "routingKey": "…" } of an Events API v2 integration.'),
  origin: Origin.default("https://events.pagerduty.com").describe("Where PagerDuty takes events."),
});
const Webhook = z.strictObject({
  secret: SecretArn.describe('A secret that holds { "url": "https://…", "signingKey": "…" }.'),
  origin: Origin.describe("Where the url may lead, whatever the secret says."),
});

/** As long as it is good, whoever can read the mail can take the alarm. */
const LONGEST_LINK = "12h";
const LinkLife = Wait.refine((life) => durationMs(life) > 0 && durationMs(life) <= durationMs(LONGEST_LINK), {
  message: `must be more than 0s and not more than ${LONGEST_LINK}`,
});

/** Who is told of what, and how. */
export const Tell = z.strictObject({
  slack: z
    .union([SlackWebhook, SlackBot], { error: "must be `{ webhookSecret }` or `{ botTokenSecret, channel }`" })
    .optional()
    .describe("A channel of Slack: by its incoming webhook, or by a bot, which can also show how far a restore is."),
  email: z.array(z.email()).optional().describe("Get warnings and alarms, once they have confirmed a mail from AWS."),
  deadMan: DeadMan.optional().describe(
    "Who is signalled to each quarter of an hour, and calls people when that stops.",
  ),
  canary: Cron.optional().describe(
    "When a message is sent to every channel to see that it arrives: cron fields in UTC.",
  ),
  pagerDuty: PagerDuty.optional().describe("Alarms trigger an incident there, and their end resolves it."),
  webhook: Webhook.optional().describe("Gets every message as JSON, signed."),
  routes: Routes.optional().describe("Which channels hear what. Every one hears everything without it."),
  acknowledgeLink: LinkLife.optional().describe(
    "How long a link is good that lets a contact acknowledge an alarm from their mail. No links, and nothing public, without it.",
  ),
  remindAfter: Wait.optional().describe("After so long a critical alarm that comes up again is told again. 12h."),
  digest: Digest.optional().describe("When messages come in floods. 30 in 15m without it."),
  calmAfter: Wait.optional().describe("An alarm that comes back sooner flaps: its end is told when it is calm. 1h."),
});
export type Tell = z.infer<typeof Tell>;
