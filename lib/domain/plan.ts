import { z } from "zod";
import type { Anomalies } from "./anomaly-limits.ts";
import type { Approval } from "./approval.ts";
import type { Budget } from "./budget.ts";
import type { Copy } from "./copies.ts";
import { Digest } from "./digest.ts";
import { Duration, durationMs, Wait } from "./duration.ts";
import { InputInvalid } from "./errors.ts";
import type { Ladders } from "./escalation.ts";
import { type Hooks, NO_HOOKS } from "./hooks.ts";
import { Name } from "./ids.ts";
import type { Incidents } from "./incident.ts";
import type { Lock } from "./lock-policy.ts";
import type { Contact, Role } from "./people.ts";
import type { PipelineOptions } from "./pipeline-options.ts";
import type { Retention } from "./retention-policy.ts";
import { Routes } from "./routes.ts";
import { Cron } from "./schedule.ts";

/** What an engine adds to a source or a target in the plan: its connection, its secret, its options. */
export type EngineSections = Record<string, { source: z.ZodObject; target: z.ZodObject; speaksSql?: boolean }>;

/** Per engine: turns the section of a target, or of the source that lives there, into one that captures what it `holds`. */
export type SafetySources = Record<
  string,
  (section: Record<string, unknown>, holds: string[]) => Record<string, unknown>
>;

/** The arn of a secret in Secrets Manager; secrets themselves never stand in a plan. */
export const SecretArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/,
    "must be the ARN of a secret in Secrets Manager",
  )
  .describe("The ARN of a secret in Secrets Manager, with or without the six characters that AWS adds to it.");

/** Reading the plan puts the certificates of a named file in the place of its name. */
export const CERTIFICATE_FILE = /^config\/certificates\/[\w.-]+\.pem$/;

/** Whose certificates a server may show. */
export const Authority = z
  .string()
  .regex(
    /^(config\/certificates\/[\w.-]+\.pem|-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\s*)$/,
    "must be PEM certificates, or a file of them: config/certificates/….pem",
  )
  .describe("The authority's certificates as PEM, or the file that holds them: config/certificates/….pem");

export const Backup = z.strictObject({
  schedule: Cron.describe("Five cron fields in UTC: minute hour day month weekday."),
  sources: z.array(Name).min(1).describe("The sources that are captured together."),
  doneWithin: Duration.optional().describe(
    "From the scheduled time until every point of the run is verified; later it is late. 1h without it.",
  ),
});
export const Objective = z.strictObject({
  rpo: Duration.describe("How much may be lost."),
  rto: Duration.describe("How long a restore may take."),
  warnAt: z
    .number()
    .min(0.1)
    .max(1)
    .optional()
    .describe("The part of the RPO after which a warning comes if no run will mend it; 5/6 without it: 20 h of 24 h."),
  backUpAtOnce: z
    .boolean()
    .optional()
    .describe("Whether a broken RPO starts a backup of the source, once. True without it."),
});
const EscrowKey = z.strictObject({
  publicKeyFile: z
    .string()
    .regex(/^config\/escrow\/[\w.-]+\.asc$/)
    .describe("An armored OpenPGP public key that opens every artifact too: config/escrow/….asc"),
});
/** The bucket's own encryption. */
const repository = z
  .strictObject({
    kmsKey: z
      .string()
      .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, "must be the ARN of a KMS key, not of an alias")
      .describe("The ARN of a KMS key of the bucket's region, not of an alias."),
  })
  .optional()
  .describe("SSE-KMS for the bucket. Without it S3 encrypts by a key of its own (SSE-S3).");
export const Encryption = z.union(
  [
    z.strictObject({ escrow: EscrowKey.describe("Opens every artifact when the account is lost."), repository }),
    z.strictObject({
      escrow: z.literal("none").describe("No second recipient: whoever loses the account loses every backup."),
      because: z.string().min(10).describe("The reason, in at least 10 characters."),
      repository,
    }),
  ],
  {
    error:
      "must be `escrow: { publicKeyFile: config/escrow/….asc }`, or `escrow: none` with `because:` and the reason in at least 10 characters",
  },
);
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
/** Who has alerts and dashboards by names of their own keeps them: `aegis` gives `aegis_backup_size_bytes` (AS-23). */
export const MetricNames = z.strictObject({
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,30}[a-z0-9]$/, "must be 2 to 32 of a-z, 0-9 and _, begin with a letter")
    .describe("Begins the name of every metric; holdfast without it."),
});
export const Signing = z.strictObject({
  publicKeySha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be the SHA-256 in hex that check-plan prints")
    .describe("SHA-256 of the signing key's public half, as check-plan prints it after the first deployment."),
});

export type Source = PipelineOptions & { engine: string; restoreTo: string; hooks?: Hooks; [option: string]: unknown };
/** `source`: the target is that source's own server. */
export type Target = {
  engine: string;
  live: boolean;
  source?: string;
  keepOldState: string;
  /** Whether a restore into it waits for a second person, whatever the plan says of live ones. */
  approval?: boolean;
  hooks?: Hooks;
  [option: string]: unknown;
};
export type Plan = {
  sources: Record<string, Source>;
  targets: Record<string, Target>;
  backups: Record<string, z.infer<typeof Backup>>;
  objectives: Record<string, z.infer<typeof Objective>>;
  /** Without it nothing expires. */
  retention?: Retention;
  copies?: Record<string, Copy>;
  anomalies?: Anomalies;
  budget?: Budget;
  lock?: Lock;
  approval?: Approval;
  encryption: z.infer<typeof Encryption>;
  tell: z.infer<typeof Tell>;
  contacts?: Record<string, Contact>;
  roles?: Record<string, Role>;
  escalation?: Ladders;
  /** Without it people alone open incidents. */
  incidents?: Incidents;
  signing?: z.infer<typeof Signing>;
  metrics?: z.infer<typeof MetricNames>;
};

/** A source's options by who reads them: its engine, the pipeline that all engines share, and who runs its hooks. */
export function optionsOf({ sources }: Plan, name: string) {
  const source = sources[name];
  if (!source)
    throw new InputInvalid(`source: there is no source "${name}"; the plan has ${Object.keys(sources).join(", ")}`);
  const { engine, restoreTo: _, compression, bandwidthLimit, hooks = NO_HOOKS, ...section } = source;
  return { engine, section, pipeline: { compression, bandwidthLimit }, hooks };
}
