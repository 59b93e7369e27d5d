import { z } from "zod";
import type { Narrate } from "../../narrate.ts";
import type { StageClient } from "../../stage-client.ts";
import { SOURCE } from "./ground.ts";

const ALARM = { source: SOURCE, code: "BackupTooOld" };
const Answer = z.looseObject({ verdict: z.string() });

export type Climbed = { rungs: string[]; verdict: string; execution: string };

/** The alarm that was raised since then climbs the ladder of the local plan, until Grace acknowledges it on its second rung. */
export async function nobodyAnswers(client: StageClient, narrate: Narrate, since: Date): Promise<Climbed> {
  const rungs: string[] = [];
  for (const role of ["database", "management"])
    await narrate(`nobody has acknowledged it: ${role} is asked`, async () => {
      const title = `${ALARM.code} of ${SOURCE} was escalated to ${role}`;
      const told = await client.message((text, channel) => channel === "slack" && text.includes(title));
      rungs.push(client.asText(told));
    });
  const answer = await narrate("Grace acknowledges it", () =>
    client.invoke("acknowledge", { ...ALARM, requestedBy: "Grace" }),
  );
  return { rungs, verdict: Answer.parse(answer).verdict, execution: await client.newest("escalate", since) };
}

/** Nothing on the stage was wrong but the clock, so no good sign can come: a person ends the alarm, and people hear of it. */
export async function endAlarm(client: StageClient): Promise<void> {
  const because = "the schedule is back";
  await client.invoke("acknowledge", { ...ALARM, requestedBy: "Grace", resolved: true, because });
  const title = `Recovered: ${ALARM.code} of ${SOURCE}`;
  await client.message((text, channel) => channel === "slack" && text.includes(title));
}
