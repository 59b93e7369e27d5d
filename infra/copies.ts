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
  const look = [
    { Action: LIST, Resource: buckets },
    { Action: READ, Resource: on("*") },
  ];
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
    ...allow("PlanRestore", look),
    ...allow("RestoreTask", look),
    ...allow("WhatNow", look),
    ...allow("ListPoints", look),
    ...allow("DescribePoint", look),
    ...allow("ThawPoint", [...look, { Action: "s3:RestoreObject", Resource: on("*.zst.gpg") }]),
    ...sweeps(
      stage,
      Object.values(all).filter(({ retention }) => retention),
    ),
    ...whenVerified(stage),
  };
}

/** What a sweep does in a copy: judge, lock, let go and delete, each by the role that does it at home. */
function sweeps(stage: string, swept: Copy[]) {
  if (swept.length === 0) return {};
  const on = (path: string) => swept.map((copy) => `${arnOf(copy)}/${stage}/${path}`);
  const buckets = swept.map(arnOf);
  const look = [
    { Action: LIST, Resource: buckets },
    { Action: READ, Resource: on("*") },
  ];
  const add = (...paths: string[]) => ({ Action: "s3:PutObject", Resource: paths.flatMap(on) });
  return {
    ...allow("PlanRetention", look),
    ...allow("LockPoints", [
      ...look,
      { Action: ["s3:GetObjectRetention", "s3:PutObjectRetention"], Resource: on("*") },
    ]),
    ...allow("ExpirePoints", [...look, add("expired/*-expired.*", "expired/*-kept.*")]),
    ...allow("PrunePoints", [
      ...look,
      add("expired/*-pruning.*", "expired/*-pruned.*", "expired/*-orphans.*"),
      {
        Action: ["s3:DeleteObjectVersion", "s3:GetObjectRetention", "s3:GetObjectLegalHold"],
        Resource: [...on("*.zst.gpg"), ...on("keys/*")],
      },
    ]),
    ...allow("PlanCopy", look),
    ...allow("Hold", [...look, add("expired/*-kept.*")]),
    ...allow("OpenIncident", [...look, add("expired/*-kept.*")]),
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
