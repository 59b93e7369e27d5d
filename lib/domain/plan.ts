import { z } from "zod";
import type { Anomalies } from "./anomaly-limits.ts";
import type { Approval } from "./approval.ts";
import type { Budget } from "./budget.ts";
import type { Copy } from "./copies.ts";
import { Duration } from "./duration.ts";
import { InputInvalid } from "./errors.ts";
import type { Ladders } from "./escalation.ts";
import { type Hooks, NO_HOOKS } from "./hooks.ts";
import { Name } from "./ids.ts";
import type { Incidents } from "./incident.ts";
import type { Lock } from "./lock-policy.ts";
import type { Contact, Role } from "./people.ts";
import type { PipelineOptions } from "./pipeline-options.ts";
import type { Retention } from "./retention-policy.ts";
import { Cron } from "./schedule.ts";
import type { Tell } from "./tell.ts";

/** What an engine adds to a source or a target in the plan: its connection, its secret, its options. */
export type EngineSections = Record<string, { source: z.ZodObject; target: z.ZodObject; speaksSql?: boolean }>;

/** Per engine: turns the section of a target, or of the source that lives there, into one that captures what it `holds`. */
export type SafetySources = Record<
  string,
  (section: Record<string, unknown>, holds: string[]) => Record<string, unknown>
>;

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
  tell: Tell;
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
