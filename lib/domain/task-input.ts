import { z } from "zod";
import { CopyPlace } from "./copies.ts";
import { RanHooks } from "./hooks.ts";
import { BackupId, RestoreId } from "./ids.ts";
import { PipelineOptions } from "./pipeline-options.ts";

/** An engine's part of the plan, checked again by the engine's own schema when the task starts. */
const Section = z.record(z.string(), z.unknown());
const everyTask = { runId: z.string(), task: z.string(), source: z.string(), engine: z.string() };

/** What a task is told, stored under `runs/<runId>/<task>.task.json`: ids and configuration, never data or secrets. */
export const TaskInput = z.discriminatedUnion("verb", [
  z.strictObject({ verb: z.literal("check"), ...everyTask, section: Section }),
  z.strictObject({
    verb: z.literal("check-target"),
    ...everyTask,
    target: z.string(),
    section: Section,
    /** What would be restored into it now. */
    points: z.array(z.strictObject({ source: z.string(), backupId: BackupId })),
  }),
  z.strictObject({
    verb: z.literal("capture"),
    ...everyTask,
    backupId: BackupId,
    section: Section,
    pipeline: PipelineOptions.prefault({}),
    /** An armored OpenPGP public key, or null where the plan says why there is none. */
    escrow: z.string().nullable(),
  }),
  z.strictObject({ verb: z.literal("verify"), ...everyTask, backupId: BackupId }),
  z.strictObject({
    verb: z.literal("inspect"),
    ...everyTask,
    backupId: BackupId,
    target: z.string(),
    section: Section,
    options: Section,
    from: CopyPlace.optional(),
  }),
  z.strictObject({
    verb: z.literal("restore"),
    ...everyTask,
    backupId: BackupId,
    restoreId: RestoreId,
    target: z.string(),
    section: Section,
    options: Section,
    /** The copy that the point is read from; without it the repository. */
    from: CopyPlace.optional(),
    /** Of the target, when the restore was planned. */
    fingerprint: z.string(),
  }),
  z.strictObject({
    verb: z.literal("rollback"),
    ...everyTask,
    restoreId: RestoreId,
    target: z.string(),
    section: Section,
    putThere: z.array(z.strictObject({ name: z.string(), mark: z.string() })),
  }),
  z.strictObject({
    verb: z.literal("sql"),
    ...everyTask,
    /** Whether `section` is of a target. */
    isTarget: z.boolean(),
    section: Section,
    database: z.string(),
    statement: z.string(),
    timeoutMs: z.int().positive(),
  }),
  z.strictObject({
    verb: z.literal("drop"),
    ...everyTask,
    restoreId: RestoreId,
    target: z.string(),
    section: Section,
    /** How long it was kept, in the plan's words. */
    keptFor: z.string(),
  }),
]);
export type TaskInput = z.infer<typeof TaskInput>;
export type TaskInputOf<Verb extends TaskInput["verb"]> = Extract<TaskInput, { verb: Verb }>;

const Caught = z.object({ Error: z.string(), Cause: z.string().optional() });

/** A task's entry in the result of a Map: it ended with exit codes, or Step Functions caught its failure; and its hooks. */
export const TaskEnd = z.looseObject({
  source: z.string(),
  task: z.looseObject({ exitCodes: z.array(z.int()) }).optional(),
  failure: Caught.optional(),
  hasHooks: z.boolean().default(false),
  quiesced: z.object({ hooks: RanHooks }).optional(),
  /** `problem` is empty where everything was undone. */
  resumed: z.union([z.object({ hooks: RanHooks, problem: z.string() }), Caught]).optional(),
});
export type TaskEnd = z.input<typeof TaskEnd>;
