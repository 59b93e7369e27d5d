import { z } from "zod";
import { Duration } from "./duration.ts";
import { Name } from "./ids.ts";
import { Cron } from "./schedule.ts";

/** What an engine adds to a source or a target in the plan: its connection, its secret, its options. */
export type EngineSections = Record<string, { source: z.ZodObject; target: z.ZodObject }>;

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
  );

export const Backup = z.strictObject({ schedule: Cron, sources: z.array(Name).min(1) });
export const Objective = z.strictObject({ rpo: Duration, rto: Duration });
/** The bucket's own encryption. Without it S3 encrypts by a key of its own (SSE-S3). */
const repository = z
  .strictObject({
    kmsKey: z
      .string()
      .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, "must be the ARN of a KMS key, not of an alias"),
  })
  .optional();
export const Encryption = z.union(
  [
    z.strictObject({
      escrow: z.strictObject({ publicKeyFile: z.string().regex(/^config\/escrow\/[\w.-]+\.asc$/) }),
      repository,
    }),
    z.strictObject({ escrow: z.literal("none"), because: z.string().min(10), repository }),
  ],
  {
    error:
      "must be `escrow: { publicKeyFile: config/escrow/….asc }`, or `escrow: none` with `because:` and the reason in at least 10 characters",
  },
);
export const Tell = z.strictObject({
  slack: z.strictObject({ webhookSecret: SecretArn }).optional(),
  email: z.array(z.email()).optional(),
});
/** Who has alerts and dashboards by names of their own keeps them: `aegis` gives `aegis_backup_size_bytes` (AS-23). */
export const MetricNames = z.strictObject({
  prefix: z.string().regex(/^[a-z][a-z0-9_]{0,30}[a-z0-9]$/, "must be 2 to 32 of a-z, 0-9 and _, begin with a letter"),
});
export const Signing = z.strictObject({
  publicKeySha256: z.string().regex(/^[0-9a-f]{64}$/, "must be the SHA-256 in hex that check-plan prints"),
});

export type Source = { engine: string; restoreTo: string; [option: string]: unknown };
/** `source`: the target is that source's own server. */
export type Target = { engine: string; live: boolean; source?: string; [option: string]: unknown };
export type Plan = {
  sources: Record<string, Source>;
  targets: Record<string, Target>;
  backups: Record<string, z.infer<typeof Backup>>;
  objectives: Record<string, z.infer<typeof Objective>>;
  encryption: z.infer<typeof Encryption>;
  tell: z.infer<typeof Tell>;
  signing?: z.infer<typeof Signing>;
  metrics?: z.infer<typeof MetricNames>;
};
