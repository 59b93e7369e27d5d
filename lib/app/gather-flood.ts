import pMap from "p-map";
import type { Announcement } from "#domain/announcement.ts";
import { countedWith, DIGEST, digestId, digestOf, Gathered, windowOf } from "#domain/digest.ts";
import { durationMs } from "#domain/duration.ts";
import { sha256 } from "#domain/hashes.ts";
import { parseJson } from "#domain/manifest.ts";
import type { Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Clock } from "#ports/log.ts";
import type { Channel, Events } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import { highestNumber } from "./highest-number.ts";
import type { Identity } from "./what-happened.ts";

type Ports = { repository: Repository; layout: RepositoryLayout; plan: Plan; clock: Clock };

const AT_ONCE = 16;
const DAY_MS = 24 * 3_600_000;
const WAITING = /\/runs\/digest-([\d-]+)T([\d-]+)Z\/announced-more-([a-z]+)-/;

/**
 * True where a flood keeps the message from this channel: it stands in the digest of its window. Whoever creates the next of the
 * window's numbered places may tell; when all are taken, the message is written down instead.
 */
export async function isGathered(
  { repository, layout, plan, clock }: Ports,
  { name, takesEach }: Channel,
  announcement: Announcement,
  { runId, what }: Identity,
): Promise<boolean> {
  const counter = countedWith(announcement);
  if (takesEach || counter === undefined) return false;
  const policy = plan.tell.digest ?? DIGEST;
  const window = digestId(windowOf(clock(), policy));
  const places = layout.announcements(window, `place-${name}-${counter}-`);
  const taken = async () => (await highestNumber(repository, places)) ?? 0;
  for (let last = await taken(); last < policy.above; last = await taken()) {
    const place = layout.announced(window, `place-${name}-${counter}-${String(last + 1).padStart(6, "0")}`);
    if ((await repository.create(place, JSON.stringify({ runId, what }))) === "created") return false;
  }
  const { code, title, severity } = announcement;
  const waiting: Gathered = { code, title, severity };
  const key = layout.announced(window, `more-${name}-${sha256(`${runId} ${what}`).slice(0, 32)}`);
  await repository.create(key, JSON.stringify(waiting));
  return true;
}

/** What waits for the digest of one window and one channel. */
export async function readGathered({ repository, layout }: Ports, begin: Date, channel: string): Promise<Gathered[]> {
  const keys: string[] = [];
  for await (const key of repository.list(layout.announcements(digestId(begin), `more-${channel}-`))) keys.push(key);
  const bodies = await pMap(keys, async (key) => ({ key, body: await repository.read(key) }), { concurrency: AT_ONCE });
  return bodies.flatMap(({ key, body }) => (body ? [parseJson(body, Gathered, key)] : []));
}

/** Asks `announce` for the digests of windows that have ended, of today and yesterday, and that nobody has told yet. */
export async function askForDigests(ports: Ports & { events: Events; stage: string }): Promise<void> {
  const { repository, layout, plan, clock, events, stage } = ports;
  const now = clock().getTime();
  const everyMs = durationMs((plan.tell.digest ?? DIGEST).every);
  const due = new Map<string, { begin: Date; channel: string }>();
  for (const at of [now - DAY_MS, now])
    for await (const key of repository.list(layout.digests(new Date(at).toISOString().slice(0, 10)))) {
      const [, day, time = "", channel] = WAITING.exec(key) ?? [];
      if (channel === undefined) continue;
      const begin = new Date(`${day}T${time.replaceAll("-", ":")}Z`);
      if (begin.getTime() + everyMs <= now) due.set(`${time} ${day} ${channel}`, { begin, channel });
    }
  for (const { begin, channel } of due.values())
    if (!(await repository.head(layout.announced(digestId(begin), digestOf(channel)))))
      await events.emit({ type: "DigestDue", detail: { stage, begin: begin.toISOString(), channel } });
}
