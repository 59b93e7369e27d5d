import { z } from "zod";
import { Anomalies } from "./anomaly-limits.ts";
import { Approval } from "./approval.ts";
import { Budget } from "./budget.ts";
import { Copy } from "./copies.ts";
import { copyContradictions } from "./copy-contradictions.ts";
import { PlanInvalid } from "./errors.ts";
import { Ladder, ladderProblems } from "./escalation.ts";
import { hookContradictions } from "./hook-contradictions.ts";
import { Name } from "./ids.ts";
import { Incidents } from "./incident.ts";
import { lockContradictions } from "./lock-contradictions.ts";
import { Lock } from "./lock-policy.ts";
import { DEEPEST, isNestedTooDeeply } from "./nesting.ts";
import { Contact, peopleProblems, Role } from "./people.ts";
import { Backup, Encryption, type EngineSections, MetricNames, Objective, type Plan, Signing } from "./plan.ts";
import { contradictions } from "./plan-contradictions.ts";
import { placeholders } from "./plan-placeholders.ts";
import { sourceSchema, targetSchema } from "./plan-schema.ts";
import type { Problem } from "./problem.ts";
import { retentionContradictions } from "./retention-contradictions.ts";
import { Retention } from "./retention-policy.ts";
import { routeProblems } from "./routes.ts";
import { Tell } from "./tell.ts";

/**
 * Reads a plan out of parsed YAML. Throws `PlanInvalid` with every problem at once, each with its path: what is not known
 * is refused, never ignored, and what parses by itself is still held against the rest.
 */
export function parsePlan(value: unknown, engines: EngineSections): Plan {
  if (isNestedTooDeeply(value)) throw new PlanInvalid(`The plan is nested deeper than ${DEEPEST} levels`);
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
  const ofEngine = (schemaOf: typeof sourceSchema | typeof targetSchema) => (entry: unknown, path: string) => {
    const engine = read(z.looseObject({ engine: z.enum(Object.keys(engines)) }), entry, path)?.engine;
    const sections = engine === undefined ? undefined : engines[engine];
    return engine !== undefined && sections ? read(schemaOf(engine, sections), entry, path) : undefined;
  };

  const top =
    read(Top, value, "") ?? (typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {});
  const plan = {
    sources: readEach(top["sources"], "sources", ofEngine(sourceSchema)) as Plan["sources"],
    targets: readEach(top["targets"], "targets", ofEngine(targetSchema)) as Plan["targets"],
    backups: readEach(top["backups"], "backups", (entry, path) => read(Backup, entry, path)),
    objectives: readEach(top["objectives"], "objectives", (entry, path) => read(Objective, entry, path)),
    retention: top["retention"] === undefined ? undefined : read(Retention, top["retention"], "retention"),
    copies:
      top["copies"] === undefined
        ? undefined
        : readEach(top["copies"], "copies", (entry, path) => read(Copy, entry, path)),
    anomalies: top["anomalies"] === undefined ? undefined : read(Anomalies, top["anomalies"], "anomalies"),
    budget: top["budget"] === undefined ? undefined : read(Budget, top["budget"], "budget"),
    lock: top["lock"] === undefined ? undefined : read(Lock, top["lock"], "lock"),
    approval: top["approval"] === undefined ? undefined : read(Approval, top["approval"], "approval"),
    encryption: read(Encryption, top["encryption"], "encryption"),
    tell: read(Tell, top["tell"], "tell"),
    signing: top["signing"] === undefined ? undefined : read(Signing, top["signing"], "signing"),
    contacts: readEach(top["contacts"] ?? {}, "contacts", (entry, path) => read(Contact, entry, path)),
    roles: readEach(top["roles"] ?? {}, "roles", (entry, path) => read(Role, entry, path)),
    escalation: readEach(top["escalation"] ?? {}, "escalation", (entry, path) => read(Ladder, entry, path)),
    incidents: top["incidents"] === undefined ? undefined : read(Incidents, top["incidents"], "incidents"),
    metrics: top["metrics"] === undefined ? undefined : read(MetricNames, top["metrics"], "metrics"),
  };
  problems.push(...placeholders(value), ...contradictions(plan, top), ...hookContradictions(plan));
  const sources = Object.keys((top["sources"] as object | undefined) ?? {});
  problems.push(...routeProblems(plan.tell ?? {}));
  const roles = Object.keys((top["roles"] as object | undefined) ?? {});
  problems.push(...ladderProblems(plan.escalation, roles));
  problems.push(...peopleProblems(plan, Object.keys((top["contacts"] as object | undefined) ?? {}), roles));
  problems.push(...retentionContradictions(plan, sources));
  problems.push(...lockContradictions(plan.lock, plan.retention));
  problems.push(...copyContradictions(plan, sources));
  for (const name of Object.keys(plan.anomalies?.sources ?? {}))
    if (!sources.includes(name))
      problems.push({ path: `anomalies.sources.${name}`, message: `there is no source "${name}"` });
  const {
    encryption,
    tell,
    signing,
    metrics,
    retention,
    copies,
    anomalies,
    budget,
    lock,
    incidents,
    approval,
    ...rest
  } = plan;
  if (problems.length > 0 || encryption === undefined || tell === undefined) throw new PlanInvalid(describe(problems));
  return {
    ...rest,
    encryption,
    tell,
    ...(retention ? { retention } : {}),
    ...(copies ? { copies } : {}),
    ...(anomalies ? { anomalies } : {}),
    ...(budget ? { budget } : {}),
    ...(lock ? { lock } : {}),
    ...(incidents ? { incidents } : {}),
    ...(approval ? { approval } : {}),
    ...(signing ? { signing } : {}),
    ...(metrics ? { metrics } : {}),
  };
}

const Top = z.strictObject({
  sources: z.unknown(),
  targets: z.unknown(),
  backups: z.unknown(),
  objectives: z.unknown(),
  retention: z.unknown().optional(),
  copies: z.unknown().optional(),
  anomalies: z.unknown().optional(),
  budget: z.unknown().optional(),
  lock: z.unknown().optional(),
  approval: z.unknown().optional(),
  encryption: z.unknown(),
  tell: z.unknown(),
  contacts: z.unknown().optional(),
  roles: z.unknown().optional(),
  escalation: z.unknown().optional(),
  incidents: z.unknown().optional(),
  signing: z.unknown().optional(),
  metrics: z.unknown().optional(),
});

const describe = (problems: Problem[]) =>
  `The plan has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n${problems
    .map(({ path, message }) => `  ${path || "(the file)"}: ${message}`)
    .join("\n")}`;
