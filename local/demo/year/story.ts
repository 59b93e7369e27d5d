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
import type { StageClient } from "../../stage-client.ts";
import { table } from "../tables.ts";
import { type Ground, layGround, OTHER, SOURCE } from "./ground.ts";
import { haveNight } from "./night.ts";

const MONTHS = 12;
const NIGHTS_AT_ONCE = 8;
const DAY_MS = 24 * 3600 * 1000;
const WEEK_MS = 7 * DAY_MS;
const Figures = z.looseObject({
  sources: z.array(z.looseObject({ keep: z.int(), expire: z.int(), prune: z.int(), frozen: z.string().optional() })),
});

/** A year of nightly backups, swept each month, and then a month without any. Throws when anything is not as it should be. */
export async function tellYear(
  stage: LocalStage,
  client: StageClient,
  narrate: Narrate,
  show: (text: string) => void,
): Promise<void> {
  const today = new Date();
  const first = monthsLater(today, -MONTHS - 2);
  const ground = await layGround(stage, client, first);
  const swept = table(["sweep of", "points before", "kept", "let go of", "deleted"]);
  for (let month = 0; month <= MONTHS; month++) {
    const [from, to] = [monthsLater(first, month), monthsLater(first, month + 1)];
    await narrate(`${from.toISOString().slice(0, 7)}: its nights, and the sweep at its end`, async () => {
      await pMap(nightsOf(from, to), (at) => haveNight(ground, SOURCE, at), { concurrency: NIGHTS_AT_ONCE });
      ground.time.now = new Date(to.getTime() + 4 * 3600 * 1000);
      const { keep, expire, prune } = await dryRun(ground);
      const { expired, pruned } = await sweep(ground);
      if (expired !== expire || pruned !== prune) throw new Error("the sweep did something else than its dry run said");
      swept.push([to.toISOString().slice(0, 10), keep + expire + prune, keep, expired, pruned]);
    });
  }
  show(swept.toString());
  show(await whatIsLeft(ground));
  await aMonthOfFailures(ground, narrate, show);
  const audit = await readAudit(ground.ports)({ newest: 1 });
  show(audit.verdict);
}

/** Its runs fail: nothing new comes, everything grows older than the policy keeps, and the sweep lets nothing of it go. */
async function aMonthOfFailures(ground: Ground, narrate: Narrate, show: (text: string) => void): Promise<void> {
  const { time, ports } = ground;
  const before = await newestVerified(ground);
  const lastNight = time.now;
  const swept = table(["sweep of", `points of ${SOURCE}`, "let go of", "why"]);
  await narrate(`a month in which only ${OTHER} is backed up, and a sweep each week`, async () => {
    for (let week = 1; week <= 5; week++) {
      const [from, to] = [week - 1, week].map((weeks) => new Date(lastNight.getTime() + weeks * WEEK_MS)) as [
        Date,
        Date,
      ];
      await pMap(nightsOf(from, to), (at) => haveNight(ground, OTHER, at), { concurrency: NIGHTS_AT_ONCE });
      time.now = to;
      const { keep, frozen = "" } = await dryRun(ground);
      const { expired } = await sweep(ground);
      swept.push([to.toISOString().slice(0, 10), keep, expired, frozen]);
    }
  });
  show(swept.toString());
  const after = await newestVerified(ground);
  if (after !== before) throw new Error(`the newest verified point was ${before}, and is ${after}`);
  const { keep } = await dryRun(ground);
  show(`All ${keep} points of ${SOURCE} are still there; the newest verified one is ${after}.`);
  await narrate(`every byte of ${after} is there`, async () => {
    const found = (await readCatalog(ports, { source: SOURCE })).points.find(({ backupId }) => backupId === after);
    for (const { key, bytes } of found?.component.artifacts ?? [])
      if ((await ports.repository.head(key))?.bytes !== bytes) throw new Error(`${key} is not whole`);
  });
}

async function newestVerified({ ports }: Ground): Promise<string> {
  return chooseLatest((await readCatalog(ports, { source: SOURCE })).points).latest?.backupId ?? "none";
}

function nightsOf(from: Date, to: Date): Date[] {
  const nights: Date[] = [];
  for (let at = from.getTime(); at < to.getTime(); at += DAY_MS) nights.push(new Date(at));
  return nights;
}

/** 02:00 UTC on the first of a month. */
const monthsLater = (date: Date, months: number) =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1, 2));

async function dryRun({ ports }: Ground) {
  const [figures] = Figures.parse((await planRetention(ports)({ source: SOURCE })).figures).sources;
  return figures ?? { keep: 0, expire: 0, prune: 0, frozen: undefined };
}

async function sweep({ ports, time }: Ground) {
  const startTime = time.now.toISOString();
  const input = { execution: { id: `arn:demo:${startTime}`, startTime } };
  const { expired } = await expirePoints(ports)(input);
  const { pruned, problems } = await prunePoints(ports)(input);
  if (problems !== "") throw new Error(problems);
  return { expired, pruned };
}

/** What is left of the year, and why: what `plan-retention` prints, without the nights of the last month. */
async function whatIsLeft({ ports }: Ground) {
  const { figures } = await planRetention(ports)({ source: SOURCE });
  const [top = "", head = "", ...rows] = z.looseObject({ table: z.array(z.string()) }).parse(figures).table;
  const older = rows.filter((row) => row.includes("first of") && !row.includes("younger than"));
  const young = rows.filter((row) => row.includes("younger than")).length;
  return [top, head, ...older, rows.at(-1), `and ${young} that are younger than 30 days`].join("\n");
}
