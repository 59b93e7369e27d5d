import { objectivesAt } from "../../objectives-at.ts";
import type { Message } from "../../sink-messages.ts";
import type { StageClient } from "../../stage-client.ts";
import { type Ground, SOURCE } from "./ground.ts";

const HOUR_MS = 3600 * 1000;
const GIVEN_UP_AFTER_HOURS = 48;

/**
 * Nothing runs any more, and so nothing fails. `check-objectives` looks each hour; its alarm goes to the stage's own bus, and from
 * there to people. Ends with the message that says that the RPO is broken.
 */
export async function aScheduleStops(
  { ports, time }: Ground,
  client: StageClient,
): Promise<{ hours: number; told: Message }> {
  const last = time.now.getTime();
  const objectives = { [SOURCE]: { rpo: "24h", rto: "30m", backUpAtOnce: false } };
  const check = objectivesAt(client, { ...ports, plan: { ...ports.plan, objectives } }, SOURCE);
  for (let hours = 1; hours <= GIVEN_UP_AFTER_HOURS; hours++) {
    time.now = new Date(last + hours * HOUR_MS);
    const { verdict } = await check(time.now);
    if (!verdict.includes(`The RPO of ${SOURCE} is broken`)) continue;
    const told = await client.message(
      (text, channel) => channel === "slack" && text.includes(`BackupTooOld: ${SOURCE}`),
    );
    return { hours, told };
  }
  throw new Error(`nobody noticed within ${GIVEN_UP_AFTER_HOURS} hours that nothing ran`);
}
