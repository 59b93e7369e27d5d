import { z } from "zod";
import { Duration, durationMs } from "./duration.ts";
import { sha256 } from "./hashes.ts";

/** What the hooks of one list may take together: one function runs them, which has 15 minutes, and tasks have to start. */
const MOST_MINUTES = 10;
const MOST_HOOKS = 5;
const isWithin = (durations: string[]) =>
  durations.reduce((sum, duration) => sum + durationMs(duration), 0) <= MOST_MINUTES * 60_000;

const timeout = (byDefault: string) =>
  Duration.refine((duration) => isWithin([duration]), `must be at most ${MOST_MINUTES}m`)
    .default(byDefault)
    .describe(`How long it may take, at most ${MOST_MINUTES}m; all of a list together may take no longer.`);

const EcsName = z.string().regex(/^[A-Za-z0-9_-]{1,255}$/, "must be a name in ECS, not an ARN");

const LambdaHook = z
  .strictObject({
    functionArn: z
      .string()
      .regex(
        /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/,
        "must be the ARN of a Lambda function",
      )
      .describe("The ARN of the function. It is given { phase, source, target?, runId }."),
    timeout: timeout("2m"),
  })
  .describe("Calls a Lambda function and waits for its answer.");

const EcsServiceHook = z
  .strictObject({
    cluster: EcsName.describe("The name of its cluster."),
    service: EcsName.describe("Its name."),
    desiredCount: z.int().min(0).max(5_000).default(0).describe("How many tasks it keeps meanwhile."),
    timeout: timeout("5m"),
  })
  .describe("Scales an ECS service down and waits for its tasks to end. Afterwards it gets the count that it had.");

const SqlHook = z
  .strictObject({
    database: z.string().min(1).max(63).describe("The database it is run in."),
    statement: z.string().min(1).max(10_000).describe("SQL; several statements are one transaction. Never a secret."),
    timeout: timeout("5m"),
  })
  .describe("Runs SQL in the source or the target, with its own connection and secret.");

const list = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .array(
      z
        .strictObject(shape)
        .refine(
          (hook) => Object.values(hook).filter((kind) => kind !== undefined).length === 1,
          `must be one of ${Object.keys(shape).join(", ")}`,
        )
        .meta({ minProperties: 1, maxProperties: 1 }),
    )
    .max(MOST_HOOKS)
    .refine(
      (hooks) => isWithin(hooks.flatMap(timeoutsOf)),
      `may take at most ${MOST_MINUTES}m together: lower their timeouts`,
    )
    .default([]);

const Timed = z.object({ timeout: Duration });
const timeoutsOf = (hook: Record<string, unknown>) =>
  Object.values(hook).flatMap((kind) => Timed.safeParse(kind).data?.timeout ?? []);

/** What a plan may say around the capture of a source, or a restore into a target. SQL is for engines that speak it. */
export function hooksSchema({ speaksSql }: { speaksSql: boolean }) {
  const ofEngine = speaksSql ? AFTER : { lambda: AFTER.lambda };
  return z.strictObject({
    before: list({ ...ofEngine, ecsService: EcsServiceHook.optional() }).describe(
      "In this order, before it begins. When one fails, it does not begin.",
    ),
    after: list(ofEngine).describe("In this order, whatever came of it; then services get their counts back."),
  });
}
const AFTER = { lambda: LambdaHook.optional(), sql: SqlHook.optional() };

export type AfterHook = {
  lambda?: z.infer<typeof LambdaHook> | undefined;
  sql?: z.infer<typeof SqlHook> | undefined;
};
export type BeforeHook = AfterHook & { ecsService?: z.infer<typeof EcsServiceHook> | undefined };
export type Hooks = { before: BeforeHook[]; after: AfterHook[] };

export const NO_HOOKS: Hooks = { before: [], after: [] };
export const hasHooks = ({ before, after }: Hooks) => before.length + after.length > 0;

export const serviceName = ({ cluster, service }: { cluster: string; service: string }) => `${cluster}/${service}`;

/** For messages and evidence: `lambda arn:…`, `ecsService application/web`, `sql in app`. */
export function describeHook({ lambda, ecsService, sql }: BeforeHook): string {
  if (lambda) return `lambda ${lambda.functionArn}`;
  if (ecsService) return `ecsService ${serviceName(ecsService)}`;
  return `sql in ${sql?.database ?? ""}`;
}

/** The folder of `runs/` where the hooks of one execution are written down. */
export const hookRunOf = (executionArn: string) => `hooks-${sha256(executionArn).slice(0, 16)}`;

const Ran = z.strictObject({ hook: z.string(), seconds: z.number() });
/** A hook that was run to its end, in words, and what it took. */
export type Ran = z.infer<typeof Ran>;
export const RanHooks = z.array(Ran);

/** `runs/hooks-…/<source>.quiesced.json`, written before the first hook is run: what can't be known any more afterwards. */
export const Quiesced = z.strictObject({
  executionArn: z.string(),
  runId: z.string(),
  source: z.string(),
  target: z.string().optional(),
  /** The counts before, in the order of the hooks, and what they were set to. */
  services: z.array(
    z.strictObject({ cluster: z.string(), service: z.string(), desiredCount: z.int(), setTo: z.int() }),
  ),
});
export type Quiesced = z.infer<typeof Quiesced>;

/** `runs/hooks-…/<source>.<attempt>.resumed.json`: what a try to undo it came to. Without problems it is the last one. */
export const Resumed = z.strictObject({ done: z.array(z.string()), problems: z.array(z.string()) });
export type Resumed = z.infer<typeof Resumed>;
