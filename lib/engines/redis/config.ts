import { z } from "zod";
import { Authority } from "#domain/plan.ts";
import { SecretArn } from "#domain/secret-arn.ts";

const connection = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(6379),
  /** Only a server whose certificate is of this authority and for this host is talked to. Without it: plain. */
  tls: z.strictObject({ ca: Authority }).optional(),
});

/** `secret` is a JSON object `{ username?, password? }`; without a username it is the default user's password. */
export const RedisSource = z.strictObject({ connection, secret: SecretArn });

/** The target connects back to the task that restores, on `SCRATCH_PORT` of the address by which the task reaches it. */
export const RedisTarget = z.strictObject({ connection, secret: SecretArn });

export type RedisSource = z.infer<typeof RedisSource>;
export type RedisTarget = z.infer<typeof RedisTarget>;

/** Where a target finds the scratch server of a restore: the security group of restore tasks opens it to the targets. */
export const SCRATCH_PORT = 16_390;
