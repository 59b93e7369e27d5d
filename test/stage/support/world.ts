import { ECSClient } from "@aws-sdk/client-ecs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type BackupId, scheduledBackupId } from "#domain/ids.ts";
import { type Manifest, parseManifest } from "#domain/manifest.ts";
import { repositoryLayout } from "#domain/repository-layout.ts";
import { withTaskFault } from "#local/demo/faults.ts";
import { readLocalStage } from "#local/local-stage.ts";
import { type Execution, stageClient } from "#local/stage-client.ts";
import { awsClientOptions } from "#local/stage-layout.ts";
import { type S3FaultProxy, type Script, startS3FaultProxy } from "./s3-fault-proxy.ts";

export const sourceNames = ["app-db", "sessions", "uploads"] as const;
export type SourceName = (typeof sourceNames)[number];
export type Run = { backupId: BackupId; execution: Execution };
export type World = Awaited<ReturnType<typeof openWorld>>;

/** The stage that is up, and what every test does with it. */
export async function openWorld() {
  const stage = await readLocalStage();
  const client = stageClient(stage);
  const layout = repositoryLayout(stage.stage);
  const world = {
    stage,
    client,
    layout,
    ecs: new ECSClient(awsClientOptions),
    eventBridge: new EventBridgeClient(awsClientOptions),
    kms: new KMSClient(awsClientOptions),
    secretsManager: new SecretsManagerClient(awsClientOptions),
    /** Starts the nightly backup, or some of its sources, under an id that is known beforehand. */
    async startBackup(sources: SourceName[], at = uniqueInstant()): Promise<{ backupId: BackupId; arn: string }> {
      const input = { backup: "nightly", scheduledTime: at.toISOString(), sources };
      return { backupId: scheduledBackupId("nightly", at), arn: await client.start("backup", input) };
    },
    async backup(sources: SourceName[], at?: Date): Promise<Run> {
      const { backupId, arn } = await world.startBackup(sources, at);
      return { backupId, execution: await client.ended(arn) };
    },
    /** A backup whose points are verified. */
    async goodBackup(sources: SourceName[]): Promise<BackupId> {
      const { backupId, execution } = await world.backup(sources);
      const verification = await client.endedNamed("verify", backupId);
      for (const { arn, status, cause } of [execution, verification])
        if (status !== "SUCCEEDED") throw new Error(`${arn} ended ${status}: ${cause}`);
      return backupId;
    },
    /** Every source has a verified point, so that `latest` has something to stay at. */
    async haveLatest(): Promise<void> {
      const wanting = sourceNames.map(async (source) => ((await client.latest(source)) === "none" ? [source] : []));
      const without = (await Promise.all(wanting)).flat();
      if (without.length > 0) await world.goodBackup(without);
    },
    async manifest(backupId: BackupId): Promise<Manifest> {
      const bytes = await client.repository.read(layout.manifest(backupId));
      if (!bytes) throw new Error(`${backupId} has no manifest`);
      return parseManifest(bytes);
    },
    async hasManifest(backupId: BackupId): Promise<boolean> {
      return (await client.repository.head(layout.manifest(backupId))) !== undefined;
    },
    /** Tasks whose definition's name has `match` in it talk to S3 through the proxy while `work` runs. */
    async throughProxy<T>(
      script: Script,
      work: (proxy: S3FaultProxy) => Promise<T>,
      match = "capture",
    ): Promise<{ result: T; calls: S3FaultProxy["calls"] }> {
      await using proxy = await startS3FaultProxy(script);
      const fault = { environment: { AWS_ENDPOINT_URL_S3: proxy.urlForTasks }, match };
      const result = await withTaskFault(stage, fault, () => work(proxy));
      return { result, calls: proxy.calls };
    },
  };
  return world;
}

let last = 0;
/** Of this second, or of the next that no run of this process has taken. */
function uniqueInstant(): Date {
  last = Math.max(last + 1_000, Math.floor(Date.now() / 1_000) * 1_000);
  return new Date(last);
}
