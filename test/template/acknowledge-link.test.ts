import { expect, it } from "vitest";
import { packagedTemplate } from "./packaged.ts";

const { Resources, ofType, statements, actionsOf } = packagedTemplate("local");
const key = { "Fn::GetAtt": ["LinkKey", "Arn"] };
const may = (action: string) =>
  ofType("AWS::IAM::Role").flatMap(([role]) => (actionsOf(role).includes(action) ? [role] : []));

it("N7 is public only where the plan wants it, and reaches nothing but alarms and a seal that it can't make", () => {
  const { ofType: without } = packagedTemplate("files");
  expect(without("AWS::Lambda::Url")).toEqual([]);
  expect(without("AWS::KMS::Key")).toHaveLength(2);
  const everybody = ofType("AWS::Lambda::Permission").filter(([, { Properties }]) => Properties?.["Principal"] === "*");

  expect(everybody.map(([name]) => name).toSorted()).toEqual(["AnybodyOpensLinks", "AnybodyOpensLinksByUrl"]);
  expect(ofType("AWS::Lambda::Url").map(([, { Properties }]) => Properties)).toEqual([
    { AuthType: "NONE", TargetFunctionArn: { "Fn::GetAtt": ["AcknowledgeDashlinkLambdaFunction", "Arn"] } },
  ]);
  const page = Resources["AcknowledgeDashlinkLambdaFunction"]?.Properties;
  expect(page).toMatchObject({ ReservedConcurrentExecutions: 2, Environment: { Variables: { LINK_KEY: key } } });
  expect(page).toMatchObject({ Environment: { Variables: { STAGE: "local" } } }); // as every function has it
  const its = statements("AcknowledgeLinkRole").filter(({ Action }) => !/^(logs|xray):/.test(`${Action}`));
  expect(its.map(({ Action }) => Action)).toEqual([
    ["s3:ListBucket", "s3:ListBucketVersions"],
    ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
    "kms:VerifyMac",
  ]);
  expect(JSON.stringify(its[1]?.Resource)).toContain("/local/alarms/*");
});

it("N7 lets one role seal links, and none that knows them again", () => {
  expect([may("kms:GenerateMac"), may("kms:VerifyMac")]).toEqual([["ClimbLadderRole"], ["AcknowledgeLinkRole"]]);
  expect(Resources["LinkKey"]?.Properties).toMatchObject({ KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
});
