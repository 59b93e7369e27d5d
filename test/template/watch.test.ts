import { expect, it } from "vitest";
import { CALLED_BY_RULES } from "#app/look-at-settings.ts";
import { packagedTemplate } from "./packaged.ts";

const { ofType, statements, actionsOf } = packagedTemplate("local");

it("N7 A5 lets the watcher change nothing: it reads, hands alarms to the bus, and opens the one secret of its signal", () => {
  const writing = actionsOf("WatchRole").filter((action) => !/:(Get|List|Describe)/.test(action));
  expect(writing).toEqual([
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "events:PutEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
  ]);
  const secrets = statements("WatchRole").filter(({ Action }) =>
    [Action].flat().includes("secretsmanager:GetSecretValue"),
  );
  expect(secrets.map(({ Resource }) => JSON.stringify(Resource))).toEqual([expect.stringContaining("/dead-man")]);
});

it("A4 every rule that the watcher looks for is one of the template's", () => {
  const names = ofType("AWS::Events::Rule").map(([, { Properties }]) => Properties?.["Name"]);

  expect(names).toEqual(expect.arrayContaining(CALLED_BY_RULES.map((name) => `holdfast-local-${name}-rule-1`)));
});
