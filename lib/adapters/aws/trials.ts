import { randomBytes } from "node:crypto";
import { type IAMClient, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { DescribeKeyCommand, GenerateDataKeyCommand, type KMSClient, SignCommand } from "@aws-sdk/client-kms";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ObjectLockRetentionMode,
  PutObjectCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { describeError } from "#domain/errors.ts";
import type { Said, Trials } from "#ports/trials.ts";

type Clients = { s3: S3Client; kms: KMSClient; iam: IAMClient };

export const awsTrials = ({ s3, kms, iam }: Clients, bucket: string): Trials => ({
  put: (key, { isConditional }) => {
    const object = { Bucket: bucket, Key: key, Body: "{}\n", ContentType: "application/json" };
    return saidOf(s3.send(new PutObjectCommand({ ...object, ...(isConditional ? { IfNoneMatch: "*" } : {}) })));
  },
  async beginWithOwnKey(key) {
    const begin = new CreateMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      SSECustomerAlgorithm: "AES256",
      SSECustomerKey: randomBytes(32).toString("base64"), // the SDK adds its digest
    });
    const takeBack = async () => {
      const { UploadId } = await s3.send(begin);
      await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId }));
    };
    return saidOf(takeBack());
  },
  lock: (key, until) => {
    const Retention = { Mode: ObjectLockRetentionMode.GOVERNANCE, RetainUntilDate: until };
    return saidOf(s3.send(new PutObjectRetentionCommand({ Bucket: bucket, Key: key, Retention })));
  },
  describeKey: (KeyId) => saidOf(kms.send(new DescribeKeyCommand({ KeyId }))),
  generateDataKey: (KeyId) => saidOf(kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" }))),
  sign: (KeyId) => {
    const zeros = { Message: new Uint8Array(32), MessageType: "DIGEST" as const };
    return saidOf(kms.send(new SignCommand({ KeyId, ...zeros, SigningAlgorithm: "ECDSA_SHA_256" })));
  },
  async simulate(PolicySourceArn, action, resourceArn) {
    const request = { PolicySourceArn, ActionNames: [action], ResourceArns: [resourceArn] };
    try {
      const { EvaluationResults = [] } = await iam.send(new SimulatePrincipalPolicyCommand(request));
      return EvaluationResults.map(({ EvalDecision = "no decision" }) => EvalDecision).join() || "no answer";
    } catch (error) {
      return describeError(error).name;
    }
  },
});

async function saidOf(work: Promise<unknown>): Promise<Said> {
  try {
    await work;
    return "done";
  } catch (error) {
    return describeError(error).name;
  }
}
