import { expect, it } from "vitest";
import { repositoryLayout } from "#domain/repository-layout.ts";
import { CHECKED_ROLES, RIGHTS, type Right, resourcesOf } from "#domain/self-check.ts";
import { packagedTemplate } from "./packaged.ts";

const { Resources, statements, actionsOf } = packagedTemplate("local");
const resources = resourcesOf({
  layout: repositoryLayout("local"),
  bucketArn: "RepositoryBucket",
  envelopeKey: "EnvelopeKey",
  signingKey: "SigningKey",
});
type Reference = string | { "Fn::GetAtt"?: [string, string]; "Fn::Sub"?: string; Ref?: string };

/** `RepositoryBucket/local/…`, `EnvelopeKey`: an ARN by the logical id that it belongs to. */
const nameOf = (resource: Reference) =>
  typeof resource === "string"
    ? resource
    : (resource["Fn::GetAtt"]?.[0] ?? resource.Ref ?? resource["Fn::Sub"]?.replace(/\$\{(\w+)\.Arn\}/g, "$1") ?? "");
const fits = (pattern: string, name: string) =>
  new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(name);
const may = (role: string, [action, on]: Right) =>
  statements(role).some(
    ({ Action, Resource }) =>
      [Action].flat().includes(action) &&
      [Resource as Reference | Reference[]].flat().some((one) => fits(nameOf(one), resources[on])),
  );

it.each(CHECKED_ROLES)("N7 self-check asks of %s what the template gives it, and what it keeps from it", (role) => {
  expect(Resources[role]?.Type).toBe("AWS::IAM::Role");
  expect(RIGHTS[role].may.filter((right) => !may(role, right))).toEqual([]);
  expect(RIGHTS[role].mayNot.filter((right) => may(role, right))).toEqual([]);
});

it("N7 lets self-check ask of these roles only, write and lock below its own prefix only, and use no key", () => {
  const having = (wanted: string) =>
    statements("SelfCheckRole").filter(({ Action }) => [Action].flat().includes(wanted));
  const on = (action: string) =>
    having(action).flatMap(({ Resource }) => [Resource as Reference | Reference[]].flat().map(nameOf));

  expect(on("iam:SimulatePrincipalPolicy")).toEqual(CHECKED_ROLES);
  for (const action of ["s3:PutObject", "s3:PutObjectRetention", "s3:GetObject"])
    expect(on(action), action).toEqual(["RepositoryBucket/local/runs/self-check-*"]);
  expect(actionsOf("SelfCheckRole").filter((action) => /^kms:|Delete|Bypass|LegalHold/.test(action))).toEqual([
    "kms:DescribeKey",
  ]);
});
