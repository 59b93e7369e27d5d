import pMap from "p-map";
import { z } from "zod";
import { readCatalog } from "../../../lib/app/catalog.ts";
import { expirePoints } from "../../../lib/app/expire-points.ts";
import { planRetention } from "../../../lib/app/plan-retention.ts";
import { prunePoints } from "../../../lib/app/prune-points.ts";
import { readAudit } from "../../../lib/app/read-audit.ts";
import { chooseLatest } from "../../../lib/domain/recovery-point.ts";
import type { LocalStage } from "../../local-stage.ts";
import type { Narrate } from "../../narrate.ts";
import type { Message } from "../../sink-messages.ts";
import type { StageClient } from "../../stage-client.ts";
import { table } from "../tables.ts";
import { type Ground, layGround, OTHER, SOURCE } from "./ground.ts";
import { anIncident, haveRealPoint, type ToldIncident } from "./incident.ts";
import { haveNight } from "./night.ts";
import { type Climbed, nobodyAnswers } from "./nobody-answers.ts";
import { aScheduleStops } from "./stopped-schedule.ts";

const A_YEAR = 12;
const NIGHTS_AT_ONCE = 8;
const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
const Figures = z.looseObject({
  sources: z.array(
    z.looseObject({
      source: z.string(),
      keep: z.int(),
      expire: z.int(),
      prune: z.int(),
      frozen: z.string().optional(),
    }),
  ),
});

/** Of each sweep: the day, and how many points stay, are let go of and are deleted. */
type Sweep = { day: string; keep: number; expired: number; pruned: number };
export type ToldYear = {
  year: Sweep[];
  /** After how many hours it was told that nothing ran. */
  stopped: { hours: number; told: Message };
  climbed: Climbed;
  incident: ToldIncident;
  failing: (Sweep & { frozen: string })[];
  newest: { before: string; after: string };
};

/** A year of nightly backups, swept each month, and then weeks in which one source fails. Throws when anything is not as it should be. */
export async function tellYear(
  stage: LocalStage,
  client: StageClient,
  narrate: Narrate,
  show: (text: string) => void,
  months = A_YEAR,
): Promise<ToldYear> {
  const first = monthsLater(new Date(), -months - 2);
  const ground = await layGround(stage, client, first);
  const [year] = await Promise.all([
    monthsFrom(first, months, ground, narrate),
    narrate(`meanwhile ${SOURCE} is really backed up, and read back`, () => haveRealPoint(client)),
  ]);
  const swept = table(["sweep of", "kept", "let go of", "deleted"]);
  for (const { day, keep, expired, pruned } of year) swept.push([day, keep, expired, pruned]);
  show(swept.toString());
  show(await whatIsLeft(ground));
  const people = await whatPeopleDo(ground, client, narrate, show);
  const told = { year, ...people, ...(await weeksOfFailures(ground, narrate, show)) };
  show((await readAudit(ground.ports)({ newest: 1 })).verdict);
  return told;
}

async function monthsFrom(first: Date, months: number, ground: Ground, narrate: Narrate): Promise<Sweep[]> {
  const swept: Sweep[] = [];
  for (let month = 0; month <= months; month++) {
    const [from, to] = [monthsLater(first, month), monthsLater(first, month + 1)];
    await narrate(`${from.toISOString().slice(0, 7)}: its nights, and the sweep at its end`, async () => {
      await haveNights(ground, SOURCE, from, to);
      ground.time.now = new Date(to.getTime() + 4 * HOUR_MS);
      swept.push((await sweep(ground)).done);
    });
  }
  return swept;
}

/** Nothing runs any more: it is noticed, climbs until somebody takes it, and becomes an incident, which is written down. */
async function whatPeopleDo(ground: Ground, client: StageClient, narrate: Narrate, show: (text: string) => void) {
  const since = new Date();
  const stopped = await narrate("the schedule is deleted: nothing runs, nothing fails", () =>
    aScheduleStops(ground, client),
  );
  show(client.asText(stopped.told));
  const climbed = await nobodyAnswers(client, narrate, since);
  show([...climbed.rungs, climbed.verdict].join("\n\n"));
  const incident = await anIncident(client, narrate, since);
  show(incident.report);
  return { stopped, climbed, incident };
}

/** Its runs fail: nothing new comes, everything grows older than the policy keeps, and the sweep lets nothing of it go. */
async function weeksOfFailures(ground: Ground, narrate: Narrate, show: (text: string) => void) {
  const { time } = ground;
  const before = await newestVerified(ground);
  const lastSweep = time.now;
  const failing: ToldYear["failing"] = [];
  await narrate(`five weeks in which ${SOURCE} fails and only ${OTHER} is backed up`, async () => {
    for (let week = 0; week < 5; week++) {
      const from = new Date(lastSweep.getTime() + week * WEEK_MS);
      time.now = new Date(from.getTime() + WEEK_MS);
      await haveNights(ground, OTHER, from, time.now);
      const { done, frozen = "" } = await sweep(ground);
      failing.push({ ...done, frozen });
    }
  });
  const swept = table(["sweep of", `points of ${SOURCE}`, "let go of", "why"]);
  for (const { day, keep, expired, frozen } of failing) swept.push([day, keep, expired, frozen]);
  show(swept.toString());
  const after = await newestVerified(ground);
  if (after !== before) throw new Error(`the newest verified point was ${before}, and is ${after}`);
  await narrate(`every object of ${after} is there`, () => isWhole(ground, after));
  return { failing, newest: { before, after } };
}

async function isWhole({ ports }: Ground, backupId: string): Promise<void> {
  const { points } = await readCatalog(ports, { source: SOURCE });
  for (const { key } of points.find((point) => point.backupId === backupId)?.component.artifacts ?? [])
    if (!(await ports.repository.history(key))) throw new Error(`${key} is gone`);
}

async function newestVerified({ ports }: Ground): Promise<string> {
  return chooseLatest((await readCatalog(ports, { source: SOURCE })).points).latest?.backupId ?? "none";
}

async function haveNights(ground: Ground, source: string, from: Date, to: Date): Promise<void> {
  const nights: Date[] = [];
  for (let at = from.getTime() + DAY_MS; at <= to.getTime(); at += DAY_MS) nights.push(new Date(at));
  await pMap(nights, (at) => haveNight(ground, source, at), { concurrency: NIGHTS_AT_ONCE });
}

/** 02:00 UTC on the first of a month. */
const monthsLater = (date: Date, months: number) =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1, 2));

/** What the machine does, after its dry run. Throws when it did anything else than that had said. */
async function sweep({ ports, time }: Ground): Promise<{ done: Sweep; frozen?: string | undefined }> {
  const { sources } = Figures.parse((await planRetention(ports)({})).figures);
  const sum = (what: "expire" | "prune") => sources.reduce((total, one) => total + one[what], 0);
  const [expire, prune] = [sum("expire"), sum("prune")];
  const its = sources.find(({ source }) => source === SOURCE);
  if (!its) throw new Error(`there are no points of ${SOURCE}`);
  const startTime = time.now.toISOString();
  const input = { execution: { id: `arn:demo:${startTime}`, startTime } };
  const { expired } = await expirePoints(ports)(input);
  const { pruned, problems } = await prunePoints(ports)(input);
  if (problems !== "") throw new Error(problems);
  if (expired !== expire || pruned !== prune)
    throw new Error(`the sweep let go of ${expired} and deleted ${pruned}; its dry run said ${expire} and ${prune}`);
  const done = { day: startTime.slice(0, 10), keep: its.keep, expired: its.expire, pruned: its.prune };
  return { done, frozen: its.frozen };
}

/** What is left of the year, and why: what `plan-retention` prints, without the nights of the last month. */
async function whatIsLeft({ ports }: Ground) {
  const { figures } = await planRetention(ports)({ source: SOURCE });
  const [top = "", head = "", ...rows] = z.looseObject({ table: z.array(z.string()) }).parse(figures).table;
  const older = rows.filter((row) => row.includes("first of") && !row.includes("younger than"));
  const young = rows.filter((row) => row.includes("younger than")).length;
  return [top, head, ...older, rows.at(-1), `and ${young} that are younger than 30 days`].join("\n");
}
