import { z } from "zod";
import type { Evidence } from "../../lib/domain/evidence.ts";
import { BackupId } from "../../lib/domain/ids.ts";
import { type Manifest, parseManifest } from "../../lib/domain/manifest.ts";
import { repositoryLayout } from "../../lib/domain/repository-layout.ts";
import type { LocalStage } from "../local-stage.ts";
import type { Narrate } from "../narrate.ts";
import type { Message } from "../sink-messages.ts";
import type { Execution, StageClient } from "../stage-client.ts";
import { cutOffPgDump, withTaskFault } from "./faults.ts";
import { disaster, type FleetState, lookAtFleet, sql } from "./fleet-state.ts";
import { whileShowingProgress } from "./show-progress.ts";
import { describeBackup } from "./tables.ts";

export type Told = {
  before: FleetState;
  backup: Manifest;
  verified: Message[];
  brokenRun: { execution: Execution; alarm: Message; latestBefore: string; latestAfter: string };
  afterDisaster: FleetState;
  refusal: Execution;
  restores: { execution: Execution; evidence: Evidence; seconds: number }[];
  after: FleetState;
  rollback: { verdict: string; found: { before: string; restored: string; after: string }; seconds: number };
};

const Checked = z.object({ verdict: z.string(), figures: z.object({ table: z.array(z.string()) }) });

const SCHEDULE_AHEAD_MS = 3_000;
/** Of `app`, whose dump has some 220 MB: half of it. */
const HALF_A_DUMP_BYTES = 110_000_000;
const LIVE = { "app-db": "app-db-live", sessions: "sessions-live", uploads: "uploads-live" } as const;

/** What a user wants to see, in order, on a stage that is up. Throws when anything is not as it should be. */
export async function tellStory(
  stage: LocalStage,
  client: StageClient,
  narrate: Narrate,
  show: (text: string) => void,
): Promise<Told> {
  const layout = repositoryLayout(stage.stage);
  const before = await lookAtFleet(stage);

  const checked = narrate("check-source app-db: route, TLS, login, rights, AWS, room", () =>
    client.invoke("check-source", { source: "app-db" }),
  );
  const at = new Date(Math.ceil((Date.now() + SCHEDULE_AHEAD_MS) / 1000) * 1000);
  const id = BackupId.parse(`${at.toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "")}-nightly`);
  await client.scheduleOnce(at, "nightly");
  const scheduled = await narrate(`the schedule fires, ${id} is captured`, async () =>
    client.ended(await client.newest("backup", at)),
  );
  expectStatus(scheduled, "SUCCEEDED");
  const { verdict, figures } = Checked.parse(await checked);
  show([verdict, ...figures.table].join("\n"));
  const backup = parseManifest((await client.repository.read(layout.manifest(id))) ?? new Uint8Array());
  show(describeBackup(backup));
  const verification = await narrate("S3 event → check → every byte read back", () => client.endedNamed("verify", id));
  expectStatus(verification, "SUCCEEDED");
  const verified = await narrate("Slack and SNS say so", () =>
    Promise.all(
      ["slack", "sns"].map((channel) =>
        client.message(
          (text, from) => from === channel && text.includes("app-db is restorable to") && text.includes(id),
        ),
      ),
    ),
  );
  show(verified.map((message) => `${message.channel} ▸ ${client.asText(message)}`).join("\n\n"));

  const brokenRun = await runBrokenBackup(stage, client, narrate);
  show(`${brokenRun.alarm.channel} ▸ ${client.asText(brokenRun.alarm)}`);

  await narrate("disaster: a table dropped, rows deleted, FLUSHALL, files deleted and overwritten", () =>
    disaster(stage),
  );
  const afterDisaster = await lookAtFleet(stage);
  const refusal = await narrate("a restore into the live database that nobody confirmed", () =>
    client.run("restore", { source: "app-db", target: LIVE["app-db"] }),
  );
  expectStatus(refusal, "FAILED");
  show(z.object({ errorMessage: z.string() }).parse(JSON.parse(refusal.cause)).errorMessage);
  const restores = await whileShowingProgress(client, show, () => restoreAll(client, narrate));
  const after = await lookAtFleet(stage);
  if (JSON.stringify(after) !== JSON.stringify(before))
    throw new Error(`the fleet differs: ${JSON.stringify({ before, after })}`);
  const rollback = await rollBackStaging(stage, client, narrate);
  return { before, backup, verified, brokenRun, afterDisaster, refusal, restores, after, rollback };
}

const restoreAll = (client: StageClient, narrate: Narrate) =>
  Promise.all(
    (["app-db", "sessions", "uploads"] as const).map((source) =>
      narrate(`restore ${source}: safety point, load beside, compare, swap`, async () => {
        const begun = performance.now();
        const request = { source, target: LIVE[source], confirm: LIVE[source], requestedBy: "the demo" };
        const execution = await client.run("restore", request);
        expectStatus(execution, "SUCCEEDED");
        return { execution, evidence: await client.evidenceOf(execution), seconds: (performance.now() - begun) / 1000 };
      }),
    ),
  );

/** Somebody restores over what a colleague keeps in staging. One call puts the colleague's state back. */
async function rollBackStaging(stage: LocalStage, client: StageClient, narrate: Narrate): Promise<Told["rollback"]> {
  const { container } = stage.targets["staging-db"];
  const look = () => sql(container, "compliance", "SELECT coalesce(to_regclass('a_colleagues_work')::text, 'gone')");
  await sql(container, "postgres", "CREATE DATABASE compliance");
  await sql(container, "compliance", "CREATE TABLE a_colleagues_work AS SELECT generate_series(1, 100)");
  const before = await look();
  const request = {
    ...{ source: "app-db", confirm: "staging-db", options: { databases: { compliance: "compliance" } } },
    ...{ safety: "none", because: "the old database is kept beside the new one" },
  };
  const execution = await narrate("a restore into staging, over a colleague's work", () =>
    client.run("restore", request),
  );
  expectStatus(execution, "SUCCEEDED");
  const { restoreId } = await client.evidenceOf(execution);
  const restored = await look();
  const begun = performance.now();
  const answer = await narrate("rollback-restore: the colleague's work is back, in one call", () =>
    client.invoke("rollback-restore", { restoreId, confirm: "staging-db" }),
  );
  const seconds = (performance.now() - begun) / 1000;
  const { verdict } = z.looseObject({ verdict: z.string() }).parse(answer);
  const found = { before, restored, after: await look() };
  if (found.after !== before) throw new Error(`the rollback did not bring it back: ${verdict}`);
  return { verdict, found, seconds };
}

/** `pg_dump` is cut off half-way and exits 0: the run must fail, alarm, and leave `latest` where it was. */
async function runBrokenBackup(stage: LocalStage, client: StageClient, narrate: Narrate): Promise<Told["brokenRun"]> {
  const latestBefore = await client.latest("app-db");
  const fault = await cutOffPgDump(HALF_A_DUMP_BYTES);
  const execution = await narrate("a second run, whose pg_dump is cut off half-way and exits 0", () =>
    withTaskFault(stage, fault, () => client.run("backup", { backup: "nightly", sources: ["app-db"] })),
  );
  expectStatus(execution, "FAILED");
  const alarm = await narrate("its alarm arrives", () =>
    client.message(
      (text, channel) => channel === "slack" && text.includes("Backup nightly failed") && text.includes(execution.arn),
    ),
  );
  const latestAfter = await client.latest("app-db");
  if (latestAfter !== latestBefore) throw new Error(`latest moved from ${latestBefore} to ${latestAfter}`);
  return { execution, alarm, latestBefore, latestAfter };
}

function expectStatus(execution: Execution, status: string) {
  if (execution.status !== status)
    throw new Error(`${execution.arn} is ${execution.status}, not ${status}: ${execution.error} ${execution.cause}`);
}
