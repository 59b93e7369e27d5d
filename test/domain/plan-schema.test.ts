import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { planJsonSchema } from "#domain/plan-schema.ts";
import { engineSections } from "#engines/descriptions.ts";

const file = "docs/reference/plan.schema.json";
const plans = globSync("config/**/*.yml").toSorted();

const Published = new Ajv({ allErrors: true, formats: { email: true } }); // addresses are held to the pattern beside it
const problemsOf = (plan: unknown) => {
  const isValid = Published.compile(JSON.parse(readFileSync(file, "utf8")));
  return isValid(plan) ? [] : (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};
const localPlan = () => parse(readFileSync("config/local.yml", "utf8"));

describe("the published schema of the plan", () => {
  it(`publishes in ${file} the schema that plans are read with (npm run schemas writes it anew)`, () => {
    const schema = planJsonSchema(engineSections);
    if (process.env["WRITE_SCHEMA"] === "1") writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);

    const published: unknown = JSON.parse(readFileSync(file, "utf8"));

    expect(published).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it("is shown by editors for every plan that is shipped, whose first line leads to it", () => {
    expect(plans).toContain("config/local.yml");
    for (const plan of plans) {
      const [first = ""] = readFileSync(plan, "utf8").split("\n");
      const [, path = ""] = /^# yaml-language-server: \$schema=(\S+)$/.exec(first) ?? [];
      expect(join(dirname(plan), path), plan).toBe(file);
    }
  });

  it.each(plans)("takes %s", (plan) => {
    expect(problemsOf(parse(readFileSync(plan, "utf8")))).toEqual([]);
  });

  it.each([
    [
      "an option that does not exist",
      (plan: Plan) => ({ ...plan, quotas: { gigabytes: 30 } }),
      "additional properties",
    ],
    ["a misspelt option of a source", (plan: Plan) => withSessions(plan, { restorTo: "staging-redis" }), "additional"],
    ["an engine that does not exist", (plan: Plan) => withSessions(plan, { engine: "mongodb" }), "constant"],
    ["a password in place of a secret's ARN", (plan: Plan) => withSessions(plan, { secret: "hunter2" }), "pattern"],
    [
      "a schedule in words",
      (plan: Plan) => ({ ...plan, backups: { daily: { schedule: "daily", sources: ["a1"] } } }),
      "pattern",
    ],
    ["no word about an escrow key", ({ encryption: _, ...plan }: Plan) => plan, "required property 'encryption'"],
    ["a mail address that is none", (plan: Plan) => ({ ...plan, tell: { email: ["ops"] } }), "pattern"],
  ])("refuses %s", (_, change, says) => {
    expect(problemsOf(change(localPlan())).join("\n")).toContain(says);
  });

  it("explains every option that all engines share", () => {
    const bare = { source: z.strictObject({}), target: z.strictObject({}) };

    const options = optionsOf(planJsonSchema({ "any-engine": bare }));

    expect(options.length).toBeGreaterThan(15);
    expect(options.filter(({ description }) => !description).map(({ path }) => path)).toEqual([]);
  });
});

/** Every property at every depth, whatever combines them. */
function optionsOf(schema: unknown, path = ""): { path: string; description: unknown }[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === "properties"
      ? Object.entries(value as Record<string, { description?: string }>).flatMap(([name, option]) => [
          { path: `${path}.${name}`, description: option.description },
          ...optionsOf(option, `${path}.${name}`),
        ])
      : optionsOf(value, path),
  );
}

type Plan = Record<string, object>;
const withSessions = (plan: Plan, change: object) => {
  const sources = plan["sources"] as Record<string, object>;
  return { ...plan, sources: { ...sources, sessions: { ...sources["sessions"], ...change } } };
};
