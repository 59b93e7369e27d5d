import { expect, it } from "vitest";
import { packagedTemplate } from "./packaged.ts";

const { ofType, actionsOf } = packagedTemplate("local");
const roleOf = (reference: unknown) => /"(\w+Role)"/.exec(JSON.stringify(reference))?.[1] ?? "";

it("traces every function and every machine, with the right to write the trace", () => {
  const functions = ofType("AWS::Lambda::Function");
  const machines = ofType("AWS::StepFunctions::StateMachine");
  expect(functions.length + machines.length).toBeGreaterThan(15);
  for (const [id, { Properties }] of functions) {
    expect(Properties?.["TracingConfig"], id).toEqual({ Mode: "Active" });
    expect(actionsOf(roleOf(Properties?.["Role"])), id).toContain("xray:PutTraceSegments");
  }
  for (const [id, { Properties }] of machines) {
    expect(Properties?.["TracingConfiguration"], id).toEqual({ Enabled: true });
    expect(actionsOf(roleOf(Properties?.["RoleArn"])), id).toContain("xray:PutTraceSegments");
  }
});
