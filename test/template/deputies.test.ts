import { expect, it } from "vitest";
import { openToOthers } from "../suite/deputies.ts";
import { packagedTemplate } from "./packaged.ts";

/** The one page that anybody opens, where the plan wants it: test/template/acknowledge-link.test.ts. */
const ofLinks = ["AnybodyOpensLinks", "AnybodyOpensLinksByUrl"].map((name) => `${name}: "*" may call the function`);

it.each(["local", "minimal", "private", "sse-kms", "files"] as const)(
  "N8 lets nobody outside the account in, and no service on behalf of anybody else, as packaged for %s",
  (name) => {
    const { Resources, ofType } = packagedTemplate(name);

    expect(openToOthers(Resources)).toEqual(name === "files" ? [] : ofLinks); // its plan wants no links
    expect(ofType("AWS::IAM::Role").length).toBeGreaterThan(40);
  },
);

const us = { Ref: "AWS::AccountId" };
const trust = (statement: object) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: { Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", ...statement }] },
  },
});
const forUs = { StringEquals: { "aws:SourceAccount": us } };

it.each([
  ["a role for everybody", trust({ Principal: "*" }), "It: allows something to *"],
  ["a role for every account", trust({ Principal: { AWS: "*" } }), 'It: allows something to "*"'],
  [
    "a role for one other account",
    trust({ Principal: { AWS: ["arn:aws:iam::123456789012:root"] } }),
    'It: allows something to "arn:aws:iam::123456789012:root"',
  ],
  [
    "a role for a machine of anybody",
    trust({ Principal: { Service: "states.amazonaws.com" } }),
    "It: allows something to states.amazonaws.com for anybody",
  ],
  [
    "a task's role for a task of anybody",
    trust({ Principal: { Service: "ecs-tasks.amazonaws.com" } }),
    "It: allows something to ecs-tasks.amazonaws.com for anybody",
  ],
  [
    "a queue that somebody else's rule may fill",
    {
      Type: "AWS::SQS::QueuePolicy",
      Properties: {
        PolicyDocument: {
          Statement: [
            {
              ...{ Effect: "Allow", Principal: { Service: ["events.amazonaws.com"] } },
              Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
            },
          ],
        },
      },
    },
    "It: allows something to events.amazonaws.com for anybody",
  ],
  [
    "a function that somebody else's rule may call",
    { Type: "AWS::Lambda::Permission", Properties: { Principal: "events.amazonaws.com" } },
    "It: events.amazonaws.com may call the function for anybody",
  ],
  [
    "a function that everybody may call",
    { Type: "AWS::Lambda::Permission", Properties: { Principal: "*", SourceArn: us } },
    'It: "*" may call the function',
  ],
])("N8 refuses %s", (_, resource, problem) => {
  expect(openToOthers({ It: resource })).toEqual([problem]);
});

it("N8 takes what says for whom, and a Deny to everybody", () => {
  const fine = {
    Role: trust({ Principal: { Service: "states.amazonaws.com" }, Condition: forUs }),
    Denying: trust({ Effect: "Deny", Principal: "*" }),
  };

  expect(openToOthers(fine)).toEqual([]);
});

it("N8 lets roles be handed only by name, and only to the service that they are for", () => {
  const { ofType, statements } = packagedTemplate("local");
  const handing = ofType("AWS::IAM::Role").flatMap(([role]) =>
    statements(role)
      .filter(({ Action }) => [Action].flat().includes("iam:PassRole"))
      .map((statement) => ({ role, ...statement })),
  );

  expect(handing.length).toBeGreaterThan(0);
  for (const { role, Resource, Condition } of handing) {
    expect(JSON.stringify(Resource), role).not.toContain("*");
    expect(JSON.stringify(Condition), role).toContain("iam:PassedToService");
  }
});
