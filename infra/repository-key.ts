import type { Plan } from "#domain/plan.ts";

/** Every role that reads or writes objects. A multipart upload needs to decrypt with the bucket's key, too. */
const roles = [
  ...["PlanBackup", "JudgeInterruption", "CommitBackup", "CheckBackup", "PlanVerify", "RecordProofs"],
  ...["StartRestore", "PlanRestore", "ThawPoint", "CheckInterlock"],
  ...["RecordEvidence", "Announce", "CheckSource", "ListPoints", "DescribePoint"],
  ...["CheckPlan", "NoticeTampering", "RollbackRestore", "SweepRepository", "Quiesce", "Resume"],
  ...["PlanRestoreAll", "PlanDrop", "RecordDrops"],
  ...["DescribeRestore", "CancelRestore"],
  ...["CheckObjectives", "Watch"],
  ...["PlanRetention", "ExpirePoints", "PrunePoints", "Hold", "ReleaseHold", "ReadAudit"],
  ...["DescribeSource", "Release", "Quarantine", "ExportAudit", "CheckStorage", "IndexPoints"],
  "SelfCheck",
  ...["PlanCopy", "CopyPoint", "ReadBack", "RotateKeys", "LockPoints"],
  ...["WhatNow", "ClimbLadder", "Acknowledge", "AcknowledgeLink"],
  ...["OpenIncident", "DescribeIncident", "CloseIncident", "TickStep"],
  ...["AskForApproval", "Approve", "Refuse", "BreakGlass"],
  ...["CaptureTask", "VerifyTask", "RestoreTask"],
];

/** SSE-KMS with the key that the plan names, in place of SSE-S3. The key's own policy has to leave it to IAM of this account. */
export function repositoryKey({ encryption }: Plan) {
  const { kmsKey } = encryption.repository ?? {};
  if (kmsKey === undefined) return {};
  const byDefault = { ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: kmsKey } };
  const bucket = { "Fn::GetAtt": ["RepositoryBucket", "Arn"] };
  return {
    RepositoryBucket: {
      Properties: {
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ...byDefault, BucketKeyEnabled: true }] },
      },
    },
    RepositoryKeyUse: {
      Type: "AWS::IAM::Policy",
      Properties: {
        PolicyName: "use-the-key-of-the-repository",
        Roles: roles.map((name) => ({ Ref: `${name}Role` })),
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: ["kms:GenerateDataKey", "kms:Decrypt"],
              Resource: kmsKey,
              Condition: {
                StringEquals: { "kms:ViaService": { "Fn::Sub": "s3.${AWS::Region}.amazonaws.com" } },
                StringLike: {
                  "kms:EncryptionContext:aws:s3:arn": [bucket, { "Fn::Sub": "${RepositoryBucket.Arn}/*" }],
                },
              },
            },
          ],
        },
      },
    },
  };
}
