import { waitsForApproval } from "#domain/approval.ts";
import type { Frozen } from "#domain/archive.ts";
import type { Evidence } from "#domain/evidence.ts";
import { concerns, type KnownIncident } from "#domain/incident.ts";
import { calledFor, type Disaster } from "#domain/people.ts";
import { optionsOf, type Plan } from "#domain/plan.ts";
import type { RecoveryPoint, TrustedPoint } from "#domain/recovery-point.ts";
import { choicesOf, measuredTime } from "#domain/what-now.ts";
import type { WhatNowByHand } from "#events/by-hand.ts";
import type { Clock } from "#ports/log.ts";
import { readAlarms } from "./alarm-log.ts";
import { type CatalogPorts, readCatalog } from "./catalog.ts";
import { pointsToFallBackTo } from "./choose-point.ts";
import { lookAtArchives } from "./look-at-archives.ts";
import { inCopy, type OpenCopy, placeOfCopy } from "./open-copy.ts";
import { readAllEvidence, readDropped } from "./read-evidence.ts";
import { readIncidents } from "./read-incidents.ts";
import { holdCommand, invoke, rollbackCommand, startRestoreCommand } from "./restore-commands.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { openCopy: OpenCopy; plan: Plan; stage: string; clock: Clock };
type Asked = WhatNowByHand & { target: string };

/**
 * For 03:00: one word and a source give the verdict, the points that fit with what each costs in data and minutes, whom to call,
 * and the exact next command. From the repository and the plan alone; changes nothing. Throws `InputInvalid`.
 */
export const whatNow =
  (ports: Ports) =>
  async (input: WhatNowByHand): Promise<Answer> => {
    const { plan, stage, clock } = ports;
    const { source, what, since } = input;
    optionsOf(plan, source); // or there is no such source
    const now = clock();
    const { points } = await readCatalog(ports, { source });
    const alarms = (await readAlarms(ports)).filter((one) => one.isOpen && [source, "repository"].includes(one.source));
    const open = (await readIncidents(ports)).filter(({ incident, closed }) => !closed && concerns(incident, source));
    const before = since === undefined ? suspectedBegin(what, alarms, open) : new Date(since);
    const fits = (some: RecoveryPoint[]) => choicesOf({ disaster: what, points: some, before, now });
    const here = fits(points);
    const copy = here.best ? undefined : await pointsToFallBackTo(ports, source, points);
    const { choices, best } = copy ? fits(copy.points) : here;
    const evidence = (await readAllEvidence(ports)).filter((one) => one.source === source);
    const asked = { ...input, ...(before ? { since: before.toISOString() } : {}), target: targetFor(plan, input) };
    const where = inCopy(ports, placeOfCopy(plan, copy?.from));
    const frozen = best && (await lookAtArchives(where.repository, best));
    const takes = measuredTime(evidence, asked.target, plan.objectives[source]?.rto, frozen);
    const figures = {
      points: choices,
      ...(copy ? { readFrom: copy.from } : {}),
      takes,
      ...(frozen ? { archived: frozen } : {}),
      target: asked.target,
      before: before?.toISOString() ?? "not known: say it as since",
      objectives: plan.objectives[source],
      incidents: open.map(({ incident }) => incident.incidentId),
      alarms: alarms.map(({ code, source: of, openedAt }) => `${code} of ${of} since ${openedAt}`),
      contacts: calledFor(plan, what, now),
    };
    if (!best)
      return {
        verdict: `${source} has NO verified point${before ? ` from before ${before.toISOString()}` : ""}`,
        figures,
        next: [holdCommand(stage), invoke(stage, "list-points", { source })].join("\n"),
      };
    const [loses] = choices.map((choice) => choice.loses);
    return {
      verdict: `${verdictOf(asked, best, `${loses}`, takes)}${copy ? `. The repository has it no more: it is read from its copy in ${copy.from}, by itself` : ""}`,
      figures,
      next: [
        ...(await stepsOf(ports, asked, evidence)),
        ...(waitsForApproval(plan, stage, asked.target)
          ? ["It then waits for a second person, who gets a message with the command: call them now"]
          : []),
        ...(frozen && frozen.takesMs > 0 ? fasterThaw(frozen) : []),
        "How far it is, and a message at its end: describe-restore",
      ].join("\n"),
    };
  };

const fasterThaw = ({ classes }: Frozen) =>
  classes.includes("DEEP_ARCHIVE")
    ? []
    : ['Sooner, for more money: "retrieval": "Expedited" in the same request thaws it within minutes'];

/** What an open incident says; else nobody knows when an attack began: what was noticed first is the latest that it can be. */
function suspectedBegin(
  what: Disaster,
  alarms: readonly { openedAt: string }[],
  incidents: readonly KnownIncident[],
): Date | undefined {
  const said = incidents.map(({ incident }) => Date.parse(incident.suspectedSince));
  if (said.length > 0) return new Date(Math.min(...said));
  const [first] = alarms.map(({ openedAt }) => openedAt).toSorted();
  return what === "attacked" && first !== undefined ? new Date(first) : undefined;
}

/** What was deleted is brought back beside; after an attack nothing is let near what is live before it is looked at. */
function targetFor({ targets, sources }: Plan, { what, source }: WhatNowByHand): string {
  const [live] = Object.entries(targets).find(([, target]) => target.live && target.source === source) ?? [];
  const beside = sources[source]?.restoreTo ?? "";
  return what === "deleted" || what === "attacked" ? beside : (live ?? beside);
}

function verdictOf({ source, what, target }: Asked, { recoveredTo }: TrustedPoint, loses: string, takes: string) {
  const to = `${source} can be brought back into ${target} as it was at ${recoveredTo.toISOString()}`;
  const lost = {
    deleted: `what was written in the ${loses} after that is not in it; what is live is not touched`,
    corrupt: `the ${loses} since then are lost, and stay in the old state that is kept or captured first`,
    gone: `the ${loses} since then are lost`,
    attacked: `the ${loses} since then are not in it; nothing live is touched before you have looked at it`,
  };
  return `${what}: ${to}: ${lost[what]}. It takes ${takes}`;
}

/** The commands in their order, each with what it is for. */
async function stepsOf(ports: Ports, asked: Asked, evidence: Evidence[]): Promise<string[]> {
  const { plan, stage } = ports;
  const { source, what, since, target, options } = asked;
  const request = (into: string, more = {}) => {
    const isLive = plan.targets[into]?.live === true;
    return startRestoreCommand(
      stage,
      JSON.stringify({
        source,
        ...(since === undefined ? {} : { before: since }),
        ...(isLive || into !== plan.sources[source]?.restoreTo ? { target: into, confirm: into } : {}),
        ...(options ? { options } : {}),
        ...(waitsForApproval(plan, stage, into) ? { requestedBy: "your name" } : {}),
        ...more,
      }),
    );
  };
  const beside = plan.sources[source]?.restoreTo ?? target;
  const because = { safety: "none", because: "the server is gone: nothing is there to capture" };
  switch (what) {
    case "deleted":
      return [
        request(target),
        ...(options ? [] : ["Only some tables, databases or files: give start-restore's options here too"]),
      ];
    case "corrupt":
      return [
        request(target),
        ...(await undoOf(ports, asked, evidence)),
        ...(target === beside ? [] : [`To look at it first: ${request(beside)}`]),
      ];
    case "gone":
      return [request(target), `When its safety point can't be had: ${request(target, because)}`];
    case "attacked":
      return [
        holdCommand(stage),
        request(target),
        "Take the attacker's rights away, and change every secret, before anything is restored into what is live",
      ];
  }
}

/** The newest restore into what is wrong now may be why it is wrong: its old state is one step away. */
async function undoOf(ports: Ports, { target, since }: Asked, evidence: Evidence[]): Promise<string[]> {
  const [newest] = evidence.filter((one) => one.target === target);
  if (!newest || newest.kept.length === 0 || (since !== undefined && newest.finishedAt < since)) return [];
  const { restoreId, finishedAt } = newest;
  if (await ports.repository.head(ports.layout.rollback(restoreId))) return [];
  if (await readDropped(ports, restoreId)) return [];
  return [`Wrong since the restore ${restoreId} (${finishedAt})? ${rollbackCommand(ports.stage, restoreId, target)}`];
}
