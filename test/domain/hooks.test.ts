import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { PlanInvalid } from "#domain/errors.ts";
import { parsePlan } from "#domain/parse-plan.ts";
import { engineSections } from "#engines/descriptions.ts";
import { engines } from "#engines/registry.ts";

const localPlan = () => parse(readFileSync("config/local.yml", "utf8"));
const read = (plan: unknown) => parsePlan(plan, engineSections);
const problemsOf = (plan: unknown) => {
  try {
    read(plan);
  } catch (error) {
    if (error instanceof PlanInvalid) return error.message;
    throw error;
  }
  return "no problem";
};
const web = { ecsService: { cluster: "application", service: "web" } };
const call = { lambda: { functionArn: "arn:aws:lambda:eu-central-1:123456789012:function:quiet-down:live" } };

describe("the hooks of a plan", () => {
  it("scale a service to nothing unless they say how far, and have time limits of their own", () => {
    const plan = localPlan();
    plan.sources["app-db"].hooks = { before: [web, call] };

    expect(read(plan).sources["app-db"]?.hooks).toEqual({
      before: [
        { ecsService: { cluster: "application", service: "web", desiredCount: 0, timeout: "5m" } },
        { lambda: { ...call.lambda, timeout: "2m" } },
      ],
      after: [],
    });
  });

  it("are refused with every problem at once, each with its path", () => {
    const plan = localPlan();
    plan.sources["app-db"].hooks = {
      before: [{ ...web, ...call }, {}, { lambda: { functionArn: "quiet-down" } }],
      after: [web, { sql: { database: "app", statement: "vacuum", timeout: "1h" } }],
      meanwhile: [],
    };
    plan.targets["staging-db"].hooks = {
      before: [
        web,
        { ecsService: { ...web.ecsService, desiredCount: -1 } },
        { lambda: { ...call.lambda, timeout: "soon" } },
      ],
    };

    const problems = problemsOf(plan);

    for (const problem of [
      "sources.app-db.hooks.before.0: must be one of lambda, sql, ecsService",
      "sources.app-db.hooks.before.1: must be one of lambda, sql, ecsService",
      "sources.app-db.hooks.before.2.lambda.functionArn: must be the ARN of a Lambda function",
      'sources.app-db.hooks.after.0: Unrecognized key: "ecsService"',
      "sources.app-db.hooks.after.1.sql.timeout: must be at most 10m",
      'sources.app-db.hooks: Unrecognized key: "meanwhile"',
      "targets.staging-db.hooks.before.1.ecsService.desiredCount: ",
      "targets.staging-db.hooks.before.2.lambda.timeout: must be a number of m, h or d",
    ])
      expect(problems).toContain(problem);
  });

  it("may take ten minutes together, since one function runs them", () => {
    const plan = localPlan();
    const slow = { lambda: { ...call.lambda, timeout: "4m" } };
    plan.sources.sessions.hooks = { before: [slow, slow, slow], after: [slow, slow] };

    const problems = problemsOf(plan);

    expect(problems).toContain("The plan has 1 problem:");
    expect(problems).toContain("sources.sessions.hooks.before: may take at most 10m together");
  });

  it.each(["sessions", "uploads"])("can't run SQL in %s, whose engine speaks none", (source) => {
    const plan = localPlan();
    plan.sources[source].hooks = { before: [{ sql: { database: "app", statement: "select 1" } }] };

    expect(problemsOf(plan)).toContain(`sources.${source}.hooks.before.0: Unrecognized key: "sql"`);
  });

  it("scale a service once, and not for two sources that one backup captures at the same time", () => {
    const plan = localPlan();
    plan.targets["staging-db"].hooks = { before: [web, web] };
    plan.sources["app-db"].hooks = { before: [call, web] };
    plan.sources.uploads.hooks = { before: [web] };

    const problems = problemsOf(plan);

    expect(problems).toContain("The plan has 2 problems:");
    expect(problems).toContain(
      "targets.staging-db.hooks.before.1.ecsService: application/web is scaled by an earlier hook",
    );
    expect(problems).toContain(
      'sources.uploads.hooks.before.0.ecsService: application/web is scaled by a hook of "app-db" too, and backup "nightly" captures both',
    );
  });

  it("may stop one application for a source, and for each target that it uses: they rarely run at the same time", () => {
    const plan = localPlan();
    plan.sources["app-db"].hooks = { before: [web] };
    for (const target of ["app-db-live", "sessions-live"]) plan.targets[target].hooks = { before: [web] };

    expect(problemsOf(plan)).toBe("no problem");
  });

  it("are offered SQL by exactly the engines that run it", () => {
    const speaking = Object.keys(engineSections).filter((id) => engineSections[id]?.speaksSql);

    expect(speaking).toEqual(Object.keys(engines).filter((id) => engines[id]?.runSql));
  });
});
