import { ECSClient } from "@aws-sdk/client-ecs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Config } from "#config";
import type { Severity } from "#domain/announcement.ts";
import type { CopyPlace } from "#domain/copies.ts";
import type { Plan } from "#domain/plan.ts";
import { repositoryLayout } from "#domain/repository-layout.ts";
import { s3Copier } from "./copier.ts";
import { s3Eraser } from "./eraser.ts";
import { ecsRunningTasks, sfnExecutions, sfnWaitingStates } from "./executions.ts";
import { ecsServices, lambdaFunctions } from "./hooks.ts";
import { s3Inventory } from "./inventory.ts";
import { kmsDataKeys, kmsSeal, kmsSignatureCheck, kmsSigner, kmsWrappingKey } from "./keys.ts";
import { s3Locker } from "./locker.ts";
import { eventBridge, fargateTasks, snsChannel, snsRoles, stepFunctions } from "./messaging.ts";
import { emfMetrics } from "./metrics.ts";
import { s3Repository } from "./repository.ts";
import { secretsManager } from "./secrets.ts";
import { s3Thawer } from "./thawer.ts";
import { awsTrials } from "./trials.ts";
import { s3Uploads } from "./uploads.ts";
import { awsWatched } from "./watched.ts";

/** Single requests are tried this often, with growing pauses; a connection that falls silent counts as failed. */
const RETRIES = { maxAttempts: 5, requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 } };

const ONCE_MORE = { maxAttempts: 2, requestHandler: { connectionTimeout: 5_000, socketTimeout: 5_000 } };

/** Adapters for what every function and task needs. `pinnedKey` is the fingerprint that the plan pins, if it does. */
export function wireAws({ STAGE, REPOSITORY_BUCKET, SIGNING_KEY }: Config, pinnedKey?: string) {
  const s3 = new S3Client(RETRIES);
  const kms = new KMSClient(RETRIES);
  const repository = s3Repository(s3, REPOSITORY_BUCKET);
  return {
    stage: STAGE,
    bucket: REPOSITORY_BUCKET,
    signingKey: SIGNING_KEY,
    layout: repositoryLayout(STAGE),
    repository,
    uploads: s3Uploads(s3, REPOSITORY_BUCKET, repository),
    signatures: kmsSignatureCheck(kms, SIGNING_KEY, pinnedKey),
    signer: kmsSigner(kms, SIGNING_KEY),
    secrets: secretsManager(new SecretsManagerClient(RETRIES)),
    clock: () => new Date(),
  };
}

/** The same services as a capture uses, with as much patience as a person has who waits for the answer. */
export function wireProbes({ REPOSITORY_BUCKET }: Config, envelopeKey: string) {
  const s3 = new S3Client(ONCE_MORE);
  return {
    uploads: s3Uploads(s3, REPOSITORY_BUCKET, s3Repository(s3, REPOSITORY_BUCKET)),
    keys: kmsDataKeys(new KMSClient(ONCE_MORE), envelopeKey),
    secrets: secretsManager(new SecretsManagerClient(ONCE_MORE)),
  };
}

/** S3 copies a part of gigabytes from region to region within one request. */
const PATIENT = { maxAttempts: 5, requestHandler: { connectionTimeout: 5_000, socketTimeout: 300_000 } };

/** The bucket of a copy, by its own region; of the account that the plan names, or S3 refuses. */
function wireCopy({ bucket, region, account }: CopyPlace) {
  const s3 = new S3Client({ ...PATIENT, region });
  if (account !== undefined)
    s3.middlewareStack.add(
      (next) => (request) => next({ ...request, input: { ...request.input, ExpectedBucketOwner: account } }),
      { step: "initialize", name: "ofThisAccountOnly" },
    );
  return { s3, repository: s3Repository(s3, bucket) };
}

export const openCopy = (place: CopyPlace) => wireCopy(place).repository;

/** What deletes, or locks, in the repository, or in a copy. */
export const wireEraser = ({ REPOSITORY_BUCKET }: Config, copy?: CopyPlace) =>
  copy ? s3Eraser(wireCopy(copy).s3, copy.bucket) : s3Eraser(new S3Client(RETRIES), REPOSITORY_BUCKET);
export const wireLocker = ({ REPOSITORY_BUCKET }: Config, copy?: CopyPlace) =>
  copy ? s3Locker(wireCopy(copy).s3, copy.bucket) : s3Locker(new S3Client(RETRIES), REPOSITORY_BUCKET);
/** What thaws in the repository, or in a copy. */
export const wireThawer =
  ({ REPOSITORY_BUCKET }: Config) =>
  (copy: CopyPlace | undefined) =>
    copy ? s3Thawer(wireCopy(copy).s3, copy.bucket) : s3Thawer(new S3Client(RETRIES), REPOSITORY_BUCKET);

/** The copies of the plan, by their names. */
export const wireCopies = ({ REPOSITORY_BUCKET }: Config, { copies = {} }: Plan) =>
  Object.fromEntries(
    Object.entries(copies).map(([name, copy]) => {
      const { s3, repository } = wireCopy(copy);
      return [
        name,
        {
          repository,
          copier: s3Copier(s3, {
            ...{ from: REPOSITORY_BUCKET, to: copy.bucket, there: repository, storageClass: copy.storageClass },
          }),
        },
      ];
    }),
  );

export const wireKeys = (envelopeKey: string) => kmsDataKeys(new KMSClient(RETRIES), envelopeKey);
export const wireSeal = (linkKey: string) => kmsSeal(new KMSClient(RETRIES), linkKey);
export const wireWrappingKey = (envelopeKey: string) => kmsWrappingKey(new KMSClient(RETRIES), envelopeKey);
export const wireTrials = ({ REPOSITORY_BUCKET }: Config) =>
  awsTrials({ s3: new S3Client(RETRIES), kms: new KMSClient(RETRIES), iam: new IAMClient(RETRIES) }, REPOSITORY_BUCKET);
export const wireMetrics = ({ STAGE }: Config, { metrics }: Plan) => emfMetrics(STAGE, metrics?.prefix ?? "holdfast");
export const wireInventory = ({ REPOSITORY_BUCKET }: Config) => s3Inventory(new S3Client(RETRIES), REPOSITORY_BUCKET);
export const wireEvents = () => eventBridge(new EventBridgeClient(RETRIES));
export const wireMachines = () => stepFunctions(new SFNClient(RETRIES));
export const wireExecutions = () => sfnExecutions(new SFNClient(RETRIES));
export const wireWaitingStates = () => sfnWaitingStates(new SFNClient(RETRIES));
export const wireRunningTasks = ({ CLUSTER }: Record<"CLUSTER", string>) =>
  ecsRunningTasks(new ECSClient(RETRIES), CLUSTER);
/** Tasks that a function starts itself, in the network that its own function.yml names. */
export const wireTasks = (
  { CLUSTER, SUBNET_IDS, ASSIGN_PUBLIC_IP }: Record<"CLUSTER" | "SUBNET_IDS" | "ASSIGN_PUBLIC_IP", string>,
  securityGroup: string,
) =>
  fargateTasks(new ECSClient(RETRIES), {
    cluster: CLUSTER,
    subnets: SUBNET_IDS.split(","),
    securityGroups: [securityGroup],
    assignPublicIp: ASSIGN_PUBLIC_IP === "DISABLED" ? "DISABLED" : "ENABLED",
  });
/** A function of the operator's is called once, and may be silent for as long as its hook has time. */
const CALLED_ONCE = { maxAttempts: 1, requestHandler: { connectionTimeout: 5_000, socketTimeout: 0 } };
export const wireHooks = () => ({
  services: ecsServices(new ECSClient(RETRIES)),
  functions: lambdaFunctions(new LambdaClient(CALLED_ONCE)),
  machines: wireMachines(),
});
export const wireWatched = ({ REPOSITORY_BUCKET }: Config) =>
  awsWatched(
    {
      s3: new S3Client(RETRIES),
      scheduler: new SchedulerClient(RETRIES),
      events: new EventBridgeClient(RETRIES),
      sns: new SNSClient(RETRIES),
      sqs: new SQSClient(RETRIES),
    },
    REPOSITORY_BUCKET,
  );
export const wireSns = (topics: Record<Severity, string>) => snsChannel(new SNSClient(RETRIES), topics);
export const wireRoles = ({ ROLE_TOPICS }: Record<"ROLE_TOPICS", string>) =>
  snsRoles(new SNSClient(RETRIES), ROLE_TOPICS);
