import type { Copy } from "#domain/copies.ts";
import type { Plan } from "#domain/plan.ts";

const READ = ["s3:GetObject", "s3:GetObjectVersion"];
const LIST = ["s3:ListBucket", "s3:ListBucketVersions"];

/**
 * What the copies of the plan need: the event and the rights. The buckets themselves are in another region, or another account,
 * whose own template (infra/copy-bucket.yml) lets these roles in.
 */
export function copies(stage: string, { copies: all = {} }: Plan) {
  const wanted = Object.values(all);
  if (wanted.length === 0) return {};
  const on = (path: string) => wanted.map((copy) => `${arnOf(copy)}/${stage}/${path}`);
  const buckets = wanted.map(arnOf);
  return {
    ...allow("CopyPoint", [
      { Action: [...LIST, "s3:ListBucketMultipartUploads"], Resource: buckets },
      {
        Action: [...READ, "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"],
        Resource: on("*"),
      },
    ]),
    ...allow("ReadBack", [
      { Action: LIST, Resource: buckets },
      { Action: READ, Resource: on("*") },
      { Action: "s3:PutObject", Resource: on("*/proofs/*/copied-*") },
    ]),
    ...allow("PlanRestore", [
      { Action: LIST, Resource: buckets },
      { Action: READ, Resource: on("*") },
    ]),
    ...allow("RestoreTask", [
      { Action: LIST, Resource: buckets },
      { Action: READ, Resource: on("*") },
    ]),
    ...whenVerified(stage),
  };
}

/** The partition is that of the copy's region. */
function arnOf({ bucket, region }: Copy): string {
  const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  return `arn:${partition}:s3:::${bucket}`;
}

const allow = (name: string, statements: { Action: string | string[]; Resource: string[] }[]) => ({
  [`${name}Copies`]: {
    Type: "AWS::IAM::Policy",
    Properties: {
      PolicyName: "reach-the-copies-of-the-plan",
      Roles: [{ Ref: `${name}Role` }],
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: statements.map((statement) => ({ Effect: "Allow", ...statement })),
      },
    },
  },
});

const machine = { Ref: "CopyMachine" };
const deadLetters = { "Fn::GetAtt": ["DeadLetters", "Arn"] };

/** The machine copies nothing twice, so that an event may come twice. */
const whenVerified = (stage: string) => ({
  CopyWhenVerified: {
    Type: "AWS::Events::Rule",
    Properties: {
      Name: `holdfast-${stage}-copy-when-verified`,
      EventPattern: { source: ["holdfast"], "detail-type": ["PointVerified"], detail: { stage: [stage] } },
      Targets: [
        {
          Id: "copy",
          Arn: machine,
          RoleArn: { "Fn::GetAtt": ["CopyWhenVerifiedRole", "Arn"] },
          InputTransformer: {
            InputPathsMap: { backupId: "$.detail.backupId", source: "$.detail.source" },
            InputTemplate: '{"backupId": <backupId>, "source": <source>}',
          },
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
          DeadLetterConfig: { Arn: deadLetters },
        },
      ],
    },
  },
  CopyWhenVerifiedRole: {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "events.amazonaws.com" },
            Action: "sts:AssumeRole",
            Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
          },
        ],
      },
      Policies: [
        {
          PolicyName: "start-copies",
          PolicyDocument: {
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: "states:StartExecution", Resource: machine }],
          },
        },
      ],
    },
  },
});
