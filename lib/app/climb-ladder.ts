import type { Announcement } from "#domain/announcement.ts";
import { describeError } from "#domain/errors.ts";
import { ladderOf, nextStep } from "#domain/escalation.ts";
import { roleAt } from "#domain/people.ts";
import type { Plan } from "#domain/plan.ts";
import { describeMs } from "#domain/progress.ts";
import type { EscalationState } from "#events/escalation-state.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import { readAlarm } from "./alarm-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { acknowledgeCommand } from "./restore-commands.ts";
import { type Links, sealLink } from "./seal-link.ts";

type Ports = Pick<CatalogPorts, "repository" | "layout"> & {
  plan: Plan;
  stage: string;
  clock: Clock;
  events: Events;
  /** Mail and SMS to a role's contacts. */
  tellRole: (role: string, announcement: Announcement) => Promise<void>;
  /** Where the plan wants them. */
  links?: Links | undefined;
  log: RunLog;
};
export type Climb = EscalationState & { isOver: boolean; waitSeconds: number };

/** The machine ends within a day: its alarm goes on being told by `remindAfter`. */
const ENDS_AFTER_MS = 18 * 3_600_000;

/**
 * The alarm climbs by one rung, if that is due: the role's contacts are told, and everybody of it. Over when the alarm has ended,
 * or is another one than that it began with. A retry tells nobody twice.
 */
export const climbLadder =
  (ports: Ports) =>
  async ({ alarm, climbed }: EscalationState): Promise<Climb> => {
    const { plan, clock } = ports;
    const { source, code, openedAt } = alarm;
    const ladder = ladderOf(plan.escalation, code);
    const state = await readAlarm(ports, { source, code });
    const opened = new Date(openedAt);
    const isOld = clock().getTime() - opened.getTime() > ENDS_AFTER_MS;
    if (!ladder || !state?.isOpen || state.openedAt !== openedAt || isOld)
      return { alarm, climbed, isOver: true, waitSeconds: 1 };
    const isAcknowledged = state.acknowledged !== undefined;
    const step = nextStep(ladder, climbed, { openedAt: opened, isAcknowledged }, clock());
    if (step.tell) await tell(ports, alarm, step.tell, state.acknowledged?.claimed);
    return { alarm, climbed: step.climbed, isOver: false, waitSeconds: step.waitSeconds };
  };

async function tell(
  ports: Ports,
  { source, code, openedAt }: EscalationState["alarm"],
  what: { rung: number; role: string } | { status: number },
  by: string | undefined,
): Promise<void> {
  const { stage, plan, clock, repository, layout, events } = ports;
  const name = "rung" in what ? `rung-${what.rung}` : `status-${what.status}`;
  const receipt = layout.announced(`escalation-${source}-${code}-${openedAt.replace(/\D/g, "")}`, name);
  if (await repository.head(receipt)) return;
  const openFor = describeMs(clock().getTime() - Date.parse(openedAt));
  const role = "rung" in what ? roleAt(plan.roles, what.role, clock()) : undefined;
  const names = role === undefined ? [] : contactsIn(plan, role).map((contact) => nameOf(plan, contact));
  const detail = { stage, source, code, openedAt, openFor, contacts: names, ...(role === undefined ? {} : { role }) };
  if (role !== undefined)
    await ports.tellRole(role, {
      severity: "critical",
      code,
      title: `${code} of ${source} waits for you`,
      happened: [
        `It has been open for ${openFor}, and nobody has acknowledged it.`,
        `You are asked as ${role}: ${names.join(", ")}.`,
        ...(await linksFor(ports, { source, code, openedAt }, role)),
      ],
      intact: "see the alarm itself.",
      next: { say: "acknowledge it, then follow the runbook:", command: acknowledgeCommand(stage, { source, code }) },
      figures: [{ label: "runbook", value: `docs/runbooks/${code}.md` }],
    });
  await events.emit({
    type: "AlarmEscalated",
    detail: { ...detail, ...(by === undefined ? {} : { acknowledgedBy: by }) },
  });
  await repository.create(receipt, JSON.stringify(detail));
  ports.log.info(`${code} of ${source}: ${name}`, detail);
}

/** One for each contact: whoever takes it is written down. Nobody goes untold where there can be none. */
async function linksFor(ports: Ports, alarm: EscalationState["alarm"], role: string): Promise<string[]> {
  const { links, plan, stage, clock, log } = ports;
  if (!links) return [];
  const until = new Date(clock().getTime() + links.validForMs).toISOString();
  const lines = contactsIn(plan, role).map(async (contact) => {
    const link = await sealLink(links, stage, { ...alarm, contact, until });
    return `${nameOf(plan, contact)} takes it here, until ${until}: ${link}`;
  });
  return Promise.all(lines).catch((error) => {
    log.error("there are no links to acknowledge by", { error: describeError(error) });
    return [];
  });
}

/** The first and the second contact. */
function contactsIn({ roles = {} }: Plan, role: string): string[] {
  const { primary, secondary } = roles[role] ?? {};
  return [primary, secondary].filter((name) => name !== undefined);
}
const nameOf = ({ contacts = {} }: Plan, contact: string) => contacts[contact]?.name ?? contact;
