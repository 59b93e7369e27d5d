import { z } from "zod";
import type { Narrate } from "../../narrate.ts";
import type { StageClient } from "../../stage-client.ts";
import { SOURCE } from "./ground.ts";
import { endAlarm } from "./nobody-answers.ts";

const WHO = { requestedBy: "Grace" };
const Opened = z.looseObject({ figures: z.looseObject({ incidentId: z.string(), holdId: z.string() }) });
const Started = z.looseObject({ figures: z.looseObject({ executionArn: z.string() }) });
const Closed = z.looseObject({ figures: z.looseObject({ report: z.array(z.string()) }) });

export type ToldIncident = { incidentId: string; restoreId: string; report: string };

/** A backup of the stage's own, taken and read back: what the incident is restored from. */
export async function haveRealPoint(client: StageClient): Promise<void> {
  if ((await client.latest(SOURCE)) !== "none") return;
  const backup = await client.run("backup", { backup: "nightly", sources: [SOURCE] });
  const { run } = z.looseObject({ run: z.looseObject({ backupId: z.string() }) }).parse(backup.output);
  const { status, cause } = await client.endedNamed("verify", run.backupId);
  if (status !== "SUCCEEDED") throw new Error(`${run.backupId} was not verified: ${cause}`);
}

/** Somebody has deleted the schedule, and nobody knows what else: the source is restored beside, from before then; then it is told. */
export async function anIncident(client: StageClient, narrate: Narrate, since: Date): Promise<ToldIncident> {
  const suspectedSince = since.toISOString();
  const summary = "somebody has deleted the schedule of the backups";
  const reported = { what: "attacked", source: SOURCE, impact: "High", suspectedSince, summary, ...WHO };
  const opened = await narrate("an incident is opened: what was before it is held", () =>
    client.invoke("open-incident", reported),
  );
  const { incidentId, holdId } = Opened.parse(opened).figures;
  const { restoreId } = await narrate(`${SOURCE} is restored beside, from before it`, async () => {
    const request = { source: SOURCE, before: suspectedSince, confirm: "staging-db", ...WHO };
    const { executionArn } = Started.parse(await client.invoke("start-restore", request)).figures;
    const restore = await client.ended(executionArn);
    if (restore.status !== "SUCCEEDED") throw new Error(`the restore ended ${restore.status}: ${restore.cause}`);
    return client.evidenceOf(restore);
  });
  await narrate("the schedule is back: the alarm is ended", () => endAlarm(client));
  const conclusion = {
    rootCause: "a former colleague's key could still delete schedules",
    actions: ["the key was deleted", `${SOURCE} was restored beside and looked at: nothing else was touched`],
    lessons: ["keys end on somebody's last day"],
    followUps: ["list who may change schedules, each quarter"],
  };
  const closed = await narrate("it is closed, and its report written", () =>
    client.invoke("close-incident", { incidentId, ...conclusion, ...WHO }),
  );
  await client.invoke("release-hold", { holdId, why: `${incidentId} is closed`, ...WHO });
  return { incidentId, restoreId, report: Closed.parse(closed).figures.report.join("\n") };
}
