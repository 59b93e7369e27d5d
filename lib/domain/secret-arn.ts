import { z } from "zod";

/** The arn of a secret in Secrets Manager; secrets themselves never stand in a plan. */
export const SecretArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/,
    "must be the ARN of a secret in Secrets Manager",
  )
  .describe("The ARN of a secret in Secrets Manager, with or without the six characters that AWS adds to it.");
