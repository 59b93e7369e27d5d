import type { Plan } from "#domain/plan.ts";

const FUNCTION = "AcknowledgeDashlinkLambdaFunction";
const key = { "Fn::GetAtt": ["LinkKey", "Arn"] };
const url = { "Fn::GetAtt": ["AcknowledgeLinkUrl", "FunctionUrl"] };
/** How many are served at once, whoever calls: everybody can. */
const AT_ONCE = 2;

/** The one public address, and the key that its links are sealed by: where the plan wants them, and only there. */
export function acknowledgeLink(stage: string, { tell }: Plan) {
  if (tell.acknowledgeLink === undefined) return {};
  return {
    LinkKey: {
      Type: "AWS::KMS::Key",
      Properties: {
        Description: `holdfast ${stage} seals the links that acknowledge alarms`,
        KeySpec: "HMAC_256",
        KeyUsage: "GENERATE_VERIFY_MAC",
        PendingWindowInDays: 7,
        KeyPolicy: "${self:custom.keyPolicy}",
      },
    },
    AcknowledgeLinkUrl: {
      Type: "AWS::Lambda::Url",
      Properties: { AuthType: "NONE", TargetFunctionArn: { "Fn::GetAtt": [FUNCTION, "Arn"] } },
    },
    ...permissions(),
    [FUNCTION]: withEnvironment({ LINK_KEY: key }, { ReservedConcurrentExecutions: AT_ONCE }),
    ClimbDashladderLambdaFunction: withEnvironment({ LINK_KEY: key, LINK_URL: url }),
    ...allow("SealLinks", "ClimbLadderRole", "kms:GenerateMac"),
    ...allow("KnowLinks", "AcknowledgeLinkRole", "kms:VerifyMac"),
  };
}

/** Both are needed: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
const permissions = () => ({
  AnybodyOpensLinks: permission("lambda:InvokeFunctionUrl", { FunctionUrlAuthType: "NONE" }),
  AnybodyOpensLinksByUrl: permission("lambda:InvokeFunction", { InvokedViaFunctionUrl: true }),
});
const permission = (Action: string, only: object) => ({
  Type: "AWS::Lambda::Permission",
  Properties: { Action, FunctionName: { "Fn::GetAtt": [FUNCTION, "Arn"] }, Principal: "*", ...only },
});

/** Added to what the function's own function.yml says. */
const withEnvironment = (Variables: object, more: object = {}) => ({
  Type: "AWS::Lambda::Function",
  Properties: { Environment: { Variables }, ...more },
});

const allow = (id: string, role: string, Action: string) => ({
  [id]: {
    Type: "AWS::IAM::Policy",
    Properties: {
      PolicyName: id === "SealLinks" ? "seal-links" : "know-links",
      Roles: [{ Ref: role }],
      PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: key }] },
    },
  },
});
