import { z } from "zod";
import { Duration, durationMs, formatDuration } from "./duration.ts";
import { PlanInvalid } from "./errors.ts";
import { Name } from "./ids.ts";
import { Cron, longestIntervalMs } from "./schedule.ts";

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

const Backup = z.strictObject({ schedule: Cron, sources: z.array(Name).min(1) });
const Objective = z.strictObject({ rpo: Duration, rto: Duration });
const Encryption = z.union(
  [
    z.strictObject({ escrow: z.strictObject({ publicKeyFile: z.string().min(1) }) }),
    z.strictObject({ escrow: z.literal("none"), because: z.string().min(10) }),
  ],
  {
    error:
      "must be `escrow: { publicKeyFile: … }`, or `escrow: none` with `because:` and the reason in at least 10 characters",
  },
);
const Tell = z.strictObject({
  slack: z.strictObject({ webhookSecret: SecretArn }).optional(),
  email: z.array(z.email()).optional(),
});
const Signing = z.strictObject({
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
};

type Problem = { path: string; message: string };

/**
 * Reads a plan out of parsed YAML. Throws `PlanInvalid` with every problem at once, each with its path: what is not known
 * is refused, never ignored, and what parses by itself is still held against the rest.
 */
export function parsePlan(value: unknown, engines: EngineSections): Plan {
  const problems: Problem[] = [];
  const read = <T>(schema: z.ZodType<T>, at: unknown, path: string): T | undefined => {
    const parsed = schema.safeParse(at);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues)
      problems.push({ path: [path, ...issue.path.map(String)].filter(Boolean).join("."), message: issue.message });
    return undefined;
  };
  const readEach = <T>(section: unknown, path: string, one: (entry: unknown, path: string) => T | undefined) => {
    const found: Record<string, T> = {};
    for (const [name, entry] of Object.entries(read(z.record(z.string(), z.unknown()), section, path) ?? {})) {
      read(Name, name, `${path}.${name}`);
      const parsed = one(entry, `${path}.${name}`);
      if (parsed !== undefined) found[name] = parsed;
    }
    return found;
  };
  const ofEngine = (side: "source" | "target", own: z.ZodRawShape) => (entry: unknown, path: string) => {
    const engine = read(z.looseObject({ engine: z.enum(Object.keys(engines)) }), entry, path)?.engine;
    const section = engine === undefined ? undefined : engines[engine];
    return section && read(section[side].extend({ engine: z.literal(engine as string), ...own }).strict(), entry, path);
  };

  const top =
    read(Top, value, "") ?? (typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {});
  const plan = {
    sources: readEach(top["sources"], "sources", ofEngine("source", { restoreTo: Name })) as Plan["sources"],
    targets: readEach(
      top["targets"],
      "targets",
      ofEngine("target", { live: z.boolean(), source: Name.optional() }),
    ) as Plan["targets"],
    backups: readEach(top["backups"], "backups", (entry, path) => read(Backup, entry, path)),
    objectives: readEach(top["objectives"], "objectives", (entry, path) => read(Objective, entry, path)),
    encryption: read(Encryption, top["encryption"], "encryption"),
    tell: read(Tell, top["tell"], "tell"),
    signing: top["signing"] === undefined ? undefined : read(Signing, top["signing"], "signing"),
  };
  problems.push(...contradictions(plan, top));
  const { encryption, tell, signing, ...rest } = plan;
  if (problems.length > 0 || encryption === undefined || tell === undefined) throw new PlanInvalid(describe(problems));
  return { ...rest, encryption, tell, ...(signing ? { signing } : {}) };
}

const Top = z.strictObject({
  sources: z.unknown(),
  targets: z.unknown(),
  backups: z.unknown(),
  objectives: z.unknown(),
  encryption: z.unknown(),
  tell: z.unknown(),
  signing: z.unknown().optional(),
});

/** What only shows when sections are held against each other, as far as each can be read at all. */
function contradictions(
  plan: Pick<Plan, "sources" | "targets" | "backups" | "objectives">,
  top: Record<string, unknown>,
): Problem[] {
  const named = (section: string) => Object.keys((top[section] as object | undefined) ?? {});
  const problems: Problem[] = [];
  for (const [name, { restoreTo, engine }] of Object.entries(plan.sources)) {
    const path = `sources.${name}.restoreTo`;
    const target = plan.targets[restoreTo];
    if (!named("targets").includes(restoreTo)) problems.push({ path, message: `there is no target "${restoreTo}"` });
    if (target && target.engine !== engine)
      problems.push({ path, message: `"${restoreTo}" is ${target.engine}, the source is ${engine}` });
    if (target?.live)
      problems.push({ path, message: `"${restoreTo}" is live: restores land there only when they are told to` });
  }
  for (const [name, { source, engine }] of Object.entries(plan.targets)) {
    if (source === undefined) continue;
    const path = `targets.${name}.source`;
    if (!named("sources").includes(source)) problems.push({ path, message: `there is no source "${source}"` });
    const same = plan.sources[source]?.engine ?? engine;
    if (same !== engine) problems.push({ path, message: `"${source}" is ${same}, the target is ${engine}` });
  }
  const members = Object.entries(Memberships.parse(top["backups"]));
  for (const [name, { sources }] of members)
    sources.forEach((source, index) => {
      if (!named("sources").includes(source))
        problems.push({ path: `backups.${name}.sources.${index}`, message: `there is no source "${source}"` });
    });
  for (const name of named("objectives"))
    if (!named("sources").includes(name))
      problems.push({ path: `objectives.${name}`, message: `there is no source "${name}"` });
  for (const name of named("sources")) {
    if (!members.some(([, { sources }]) => sources.includes(name)))
      problems.push({ path: `sources.${name}`, message: "is in no backup: it would never be captured" });
    if (!named("objectives").includes(name))
      problems.push({ path: `objectives.${name}`, message: "is missing: say its rpo and rto" });
    problems.push(...unreachableRpo(name, plan));
  }
  return problems;
}

/** Which sources a backup names, however wrong the rest of it is. */
const Memberships = z
  .record(z.string(), z.looseObject({ sources: z.array(z.string()).catch([]) }).catch({ sources: [] }))
  .catch({});

/** C1: an RPO that is shorter than the interval of the backup that should meet it can't be met. */
function unreachableRpo(source: string, { backups, objectives }: Pick<Plan, "backups" | "objectives">): Problem[] {
  const objective = objectives[source];
  const intervals = Object.entries(backups)
    .filter(([, { sources }]) => sources.includes(source))
    .map(([name, { schedule }]) => ({ name, interval: longestIntervalMs(schedule) }))
    .toSorted((a, b) => a.interval - b.interval);
  const [shortest] = intervals;
  if (!objective || !shortest || durationMs(objective.rpo) >= shortest.interval) return [];
  const apart = formatDuration(shortest.interval);
  const message = `C1: ${objective.rpo} can't be met: backup "${shortest.name}" runs up to ${apart} apart`;
  return [{ path: `objectives.${source}.rpo`, message }];
}

const describe = (problems: Problem[]) =>
  `The plan has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n${problems
    .map(({ path, message }) => `  ${path || "(the file)"}: ${message}`)
    .join("\n")}`;
