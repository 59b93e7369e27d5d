import { expect, it } from "vitest";
import { readPlan } from "#adapters/plan-file.ts";
import { engineSections } from "#engines/descriptions.ts";
import { packagedTemplate } from "./packaged.ts";

const { statements, ofType } = packagedTemplate("local");
const { targets } = readPlan(".", "local", engineSections);
const named = targets["rehearsal-db"]?.hooks?.before ?? [];

it.each(["QuiesceRole", "ResumeRole"])("N7 lets %s call and scale exactly what the plan's hooks name", (role) => {
  const resources = (action: string) =>
    statements(role)
      .filter(({ Action }) => [Action].flat().includes(action))
      .map(({ Resource }) => Resource);

  expect(resources("lambda:InvokeFunction")).toEqual([named.flatMap(({ lambda }) => lambda?.functionArn ?? [])]);
  const services = named.flatMap(({ ecsService }) => ecsService ?? []);
  for (const action of ["ecs:UpdateService", "ecs:DescribeServices"])
    expect(resources(action)).toEqual([
      services.map(({ cluster, service }) => ({
        "Fn::Sub": `arn:\${AWS::Partition}:ecs:\${AWS::Region}:\${AWS::AccountId}:service/${cluster}/${service}`,
      })),
    ]);
  expect(resources("ecs:RunTask")).toEqual([[{ Ref: "CaptureTask" }, { Ref: "RestoreTask" }]]); // there is SQL around both
  expect(JSON.stringify(resources("iam:PassRole"))).not.toContain("VerifyTaskRole");
});

it("N7 lets nobody else scale a service or call a function of the operator's", () => {
  const others = ofType("AWS::IAM::Role")
    .map(([role]) => role)
    .filter((role) => !["QuiesceRole", "ResumeRole"].includes(role));
  for (const role of others) {
    const all = statements(role);
    expect(
      all.flatMap(({ Action }) => Action),
      role,
    ).not.toContain("ecs:UpdateService");
    expect(JSON.stringify(all), role).not.toContain("application");
  }
});

it("N7 gives a plan without hooks no right to call or scale anything", () => {
  const { statements: without } = packagedTemplate("files");
  for (const role of ["QuiesceRole", "ResumeRole"])
    expect(JSON.stringify(without(role)), role).not.toMatch(/lambda:InvokeFunction|ecs:/);
});
