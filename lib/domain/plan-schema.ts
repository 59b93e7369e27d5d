import { z } from "zod";
import { Anomalies } from "./anomaly-limits.ts";
import { Approval } from "./approval.ts";
import { Budget } from "./budget.ts";
import { Copy } from "./copies.ts";
import { KeepFor } from "./duration.ts";
import { Ladder } from "./escalation.ts";
import { hooksSchema } from "./hooks.ts";
import { Name } from "./ids.ts";
import { Incidents } from "./incident.ts";
import { Lock } from "./lock-policy.ts";
import { Contact, Role } from "./people.ts";
import { PipelineOptions } from "./pipeline-options.ts";
import { Backup, Encryption, type EngineSections, MetricNames, Objective, Signing } from "./plan.ts";
import { Retention } from "./retention-policy.ts";
import { Tell } from "./tell.ts";

const SourceOptions = {
  restoreTo: Name.describe("The target where a restore lands when it names none: not a live one."),
  ...PipelineOptions.shape,
};
const TargetOptions = {
  live: z.boolean().describe("A live target is restored into only by requests that confirm it by name."),
  source: Name.optional().describe(
    "The source whose own server this target is: a safety point of it is a point of that source.",
  ),
  keepOldState: KeepFor.default("7d").describe(
    "How long what a restore replaced, or a rollback took back, stays beside it; then it is dropped.",
  ),
  approval: z
    .boolean()
    .optional()
    .describe("Whether a restore into it waits for a second person. Without it: what `approval` says of live targets."),
};

const engineOption = (engine: string) => z.literal(engine).describe("What kind of system it is.");

const sectionSchema = (
  own: z.ZodObject,
  options: z.ZodRawShape,
  { engine, speaksSql, around }: { engine: string; speaksSql: boolean; around: string },
) => {
  const hooks = hooksSchema({ speaksSql }).optional().describe(`What is run around each ${around}.`);
  return own.extend({ engine: engineOption(engine), ...options, hooks }).strict();
};

/** One source in a plan: its engine's section and what every source has. */
export const sourceSchema = (engine: string, { source, speaksSql = false }: EngineSections[string]) =>
  sectionSchema(source, SourceOptions, { engine, speaksSql, around: "capture" });

export const targetSchema = (engine: string, { target, speaksSql = false }: EngineSections[string]) =>
  sectionSchema(target, TargetOptions, { engine, speaksSql, around: "restore into it" });

/**
 * The shape of a whole plan, for editors and validators. `parsePlan` reads section by section with the same schemas, so
 * that every problem is found at once, and holds the sections against each other, which no schema can.
 */
function planSchema(engines: EngineSections) {
  const oneOf = (schemaOf: (engine: string, sections: EngineSections[string]) => z.ZodObject) =>
    z.union(Object.entries(engines).map(([engine, sections]) => schemaOf(engine, sections)));
  return z.strictObject({
    sources: z.record(Name, oneOf(sourceSchema)).describe("The systems that are protected, each under its name."),
    targets: z.record(Name, oneOf(targetSchema)).describe("Where a restore may land."),
    backups: z.record(Name, Backup).describe("Which sources are captured together, and when."),
    objectives: z.record(Name, Objective).describe("What each source is held to, under the source's name."),
    retention: Retention.optional().describe("How long points are kept. Without it nothing expires."),
    copies: z.record(Name, Copy).optional().describe("Where points are copied to once they are verified."),
    anomalies: Anomalies.optional().describe("How far a point may be from what is usual before it is suspicious."),
    budget: Budget.optional().describe("How much the repository may hold and cost before people are told."),
    lock: Lock.optional().describe("Object Lock on what is kept. Without it nothing is locked."),
    approval: Approval.optional().describe("Which restores wait for a second person, and how long."),
    encryption: Encryption.describe("A second recipient of every artifact, or the reason why there is none."),
    tell: Tell.describe("Who is told."),
    contacts: z.record(Name, Contact).optional().describe("People, and how they are reached."),
    roles: z.record(Name, Role).optional().describe("Who is asked first and second, in the order of asking."),
    escalation: z.record(Name, Ladder).optional().describe("Who is told next when nobody acknowledges an alarm."),
    incidents: Incidents.optional().describe(
      "Which critical alarms open an incident by themselves, and of which kind.",
    ),
    metrics: MetricNames.optional().describe("How metrics are called."),
    signing: Signing.optional().describe("The key whose signatures are believed."),
  });
}

/** Draft 7, the newest that the YAML language server knows: https://github.com/redhat-developer/yaml-language-server */
export const planJsonSchema = (engines: EngineSections) => ({
  ...z.toJSONSchema(planSchema(engines), { target: "draft-7", io: "input" }),
  title: "The plan of a holdfast stage, config/<stage>.yml",
});
