import { CreateBucketCommand, PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import { s3Eraser } from "../../../lib/adapters/aws/eraser.ts";
import { kmsSigner } from "../../../lib/adapters/aws/keys.ts";
import { s3Repository } from "../../../lib/adapters/aws/repository.ts";
import { openCopy } from "../../../lib/adapters/aws/wire.ts";
import { readPlan } from "../../../lib/adapters/plan-file.ts";
import { auditLog } from "../../../lib/app/audit-log.ts";
import type { Plan } from "../../../lib/domain/plan.ts";
import { repositoryLayout } from "../../../lib/domain/repository-layout.ts";
import { engineSections } from "../../../lib/engines/descriptions.ts";
import type { LocalStage } from "../../local-stage.ts";
import type { StageClient } from "../../stage-client.ts";
import { stageAddresses } from "../../stage-layout.ts";
import { remembering } from "./remembering.ts";

/** A bucket of its own, so that the stage's repository knows nothing of a year that was not. */
const BUCKET = "holdfast-demo-year";
/** The source that the story is about, and one that goes on when it fails. */
export const SOURCE = "app-db";
export const OTHER = "sessions";

/**
 * What the functions of the stage are given, with two things turned: the clock, which the story sets, and the plan, which has
 * two sources and keeps 30 days, 8 weeks, 12 months and 7 years of them. Bucket, keys and signatures are real.
 */
export async function layGround(stage: LocalStage, client: StageClient, begin: Date) {
  await client.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await client.s3.send(
    new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: "Enabled" } }),
  );
  const time = { now: begin };
  const clock = () => time.now;
  const catalog = {
    repository: remembering(s3Repository(client.s3, BUCKET)),
    layout: repositoryLayout(stageAddresses.stage),
    signatures: client.catalog.signatures,
    signer: kmsSigner(client.kms, stage.outputs["SigningKeyArn"] ?? ""),
    clock,
  };
  const ports = {
    ...catalog,
    stage: stageAddresses.stage,
    plan: planOfTwo(),
    log: { info: () => {}, error: () => {}, belongsTo: () => {} },
    audit: auditLog(catalog),
    eraser: s3Eraser(client.s3, BUCKET),
    openCopy,
  };
  return { ports, time };
}
export type Ground = Awaited<ReturnType<typeof layGround>>;

function planOfTwo(): Plan {
  const local = readPlan(".", "local", engineSections);
  const only = <T>(record: Record<string, T>) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => name === SOURCE || name === OTHER));
  return {
    ...local,
    copies: {},
    sources: only(local.sources),
    targets: {},
    backups: { nightly: { schedule: "0 2 * * *", sources: [SOURCE, OTHER] } },
    objectives: only(local.objectives),
    retention: {
      schedule: "0 4 1 * *",
      default: { days: 30, count: 3, weekly: 8, monthly: 12, yearly: 7 },
      sources: {},
    },
  };
}
