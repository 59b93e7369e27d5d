import { type Linked, type Page, readLink } from "#domain/acknowledge-link.ts";
import type { AlarmRecord } from "#domain/alarm.ts";
import { sha256 } from "#domain/hashes.ts";
import type { Plan } from "#domain/plan.ts";
import type { Seal } from "#ports/keys.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import { acknowledgeAlarm, readAlarm } from "./alarm-log.ts";
import type { CatalogPorts } from "./catalog.ts";

type Ports = Pick<CatalogPorts, "repository" | "layout"> & {
  plan: Plan;
  stage: string;
  clock: Clock;
  seal: Pick<Seal, "isOurs">;
  log: RunLog;
};
type Opened = { method: string; link: string | undefined };
/** Who tries links learns nothing from the answer: whatever is wrong with one, it is this. */
const INVALID: Page = {
  isFound: false,
  title: "This link is of no use",
  text: "It never was one, its time is over, or its alarm has ended. See the newest message, or acknowledge by the command in it.",
};

/**
 * Shows whoever opens a link what they would take, and takes it for them when they press the button: what looks into mail opens
 * links too, and takes nothing by that. The same link again changes nothing.
 */
export const acknowledgeLink =
  (ports: Ports) =>
  async ({ method, link }: Opened): Promise<Page> => {
    const read = readLink(ports.stage, link);
    if (!read || Date.parse(read.linked.until) <= ports.clock().getTime()) return INVALID;
    if (!(await ports.seal.isOurs(read.text, read.seal))) return INVALID;
    const { linked } = read;
    const { source, code } = linked;
    const alarm = await readAlarm(ports, linked);
    if (!isStillThat(alarm, linked)) return INVALID;
    const title = `${code} of ${source}`;
    const takenBy = alarm.acknowledged?.claimed;
    if (takenBy !== undefined)
      return { isFound: true, title, text: `${takenBy} has taken it: nobody further is told.` };
    const name = ports.plan.contacts?.[linked.contact]?.name ?? linked.contact;
    if (method !== "POST")
      return {
        isFound: true,
        title,
        text: `It has been open since ${linked.openedAt}. Taken by ${name}, nobody further is told of it.`,
        button: `I am ${name}, and take it`,
      };
    const who = { claimed: `${name} (by link)`, call: `link ${sha256(link ?? "").slice(0, 32)}` };
    const record = await acknowledgeAlarm(ports, { source, code }, who);
    if (!record) return INVALID;
    ports.log.info(`${title} is acknowledged by a link`, { contact: linked.contact, openedAt: linked.openedAt });
    return { isFound: true, title, text: `${who.claimed} has taken it: nobody further is told.` };
  };

const isStillThat = (alarm: AlarmRecord | undefined, { openedAt }: Linked): alarm is AlarmRecord =>
  alarm?.isOpen === true && alarm.openedAt === openedAt;
