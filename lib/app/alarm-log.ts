import {
  type AlarmKey,
  type AlarmPolicy,
  AlarmRecord,
  acknowledged,
  type IsOver,
  isUnsettled,
  type Raised,
  raised,
  recovered,
} from "#domain/alarm.ts";
import { durationMs } from "#domain/duration.ts";
import { AlreadyCommitted } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Clock } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";

type Reading = { repository: Repository; layout: RepositoryLayout };
type Ports = Reading & { plan: Plan; clock: Clock };

/** Something went well that ends this alarm. */
export type GoodSign = AlarmKey & { isOver?: IsOver };

/** Others write too; each loss of a race means that somebody else has won it. */
const RACES_LOST_AT_MOST = 100;
/** As many of the last records are looked through for one that the same event has made before. */
const LOOK_BACK = 16;
const REMIND_AFTER = "12h";
const CALM_AFTER = "1h";
const NUMBER = /\/(\d{6})\.json$/;

/**
 * A problem has come up. The record of it, also when the same event (`by`) has made it before; undefined for a quiet repeat.
 * It is to be told where its `isTold` says so.
 */
export const raiseAlarm = (
  ports: Ports,
  key: AlarmKey,
  problem: Raised,
  by: string,
): Promise<AlarmRecord | undefined> =>
  follow(ports, key, by, (last) => raised(last, problem, ports.clock(), policyOf(ports.plan)));

/** A good sign: the record that ends the alarm; undefined where nothing was open that it could end. */
export const endAlarm = (
  ports: Ports,
  { isOver = () => true, ...key }: GoodSign,
  by: string,
): Promise<AlarmRecord | undefined> =>
  follow(ports, key, by, (last) => recovered(last, isOver, ports.clock(), policyOf(ports.plan)));

/** Somebody has taken it; undefined where it is not open. */
export const acknowledgeAlarm = (
  ports: Pick<Ports, "repository" | "layout" | "clock">,
  key: AlarmKey,
  who: { claimed: string; call: string },
): Promise<AlarmRecord | undefined> => follow(ports, key, who.call, (last) => acknowledged(last, who));

/** How an alarm stands: its last record; undefined for one that was never opened. */
export const readAlarm = async (ports: Reading, key: AlarmKey): Promise<AlarmRecord | undefined> =>
  (await tailOf(ports, key, 1)).records.at(-1);

/** The last record of every alarm that there ever was. */
export async function readAlarms(ports: Reading): Promise<AlarmRecord[]> {
  const { repository, layout } = ports;
  const found: AlarmRecord[] = [];
  for (const source of await repository.folders(layout.alarms))
    for (const code of await repository.folders(layout.alarmsOf(source))) {
      const last = await readAlarm(ports, { source, code });
      if (last) found.push(last);
    }
  return found;
}

/** Everything that was written down of all alarms. */
export async function readAlarmLogs({ repository, layout }: Reading): Promise<AlarmRecord[]> {
  const found: AlarmRecord[] = [];
  for await (const key of repository.list(layout.alarms)) {
    const body = NUMBER.test(key) ? await repository.read(key) : undefined;
    const record = body && asRecord(body);
    if (record) found.push(record);
  }
  return found;
}

/** Sends the good sign of alarms that have flapped, and are calm since: no other may come for long. */
export async function settleAlarms(ports: Ports & { events: Events; stage: string }): Promise<void> {
  const { events, stage, clock, plan } = ports;
  for (const last of await readAlarms(ports)) {
    if (!isUnsettled(last, clock(), policyOf(plan))) continue;
    const { source, code, at } = last;
    const message = `It has not come back since ${at}.`;
    await events.emit({ type: "AlarmRecovered", detail: { stage, source, code, message } });
  }
}

const policyOf = ({ tell }: Plan): AlarmPolicy => ({
  remindAfterMs: durationMs(tell.remindAfter ?? REMIND_AFTER),
  calmAfterMs: durationMs(tell.calmAfter ?? CALM_AFTER),
});

async function follow(
  ports: Pick<Ports, "repository" | "layout" | "clock">,
  { source, code }: AlarmKey,
  by: string,
  decide: (last: AlarmRecord | undefined) => ReturnType<typeof raised>,
): Promise<AlarmRecord | undefined> {
  for (let lost = 0; lost < RACES_LOST_AT_MOST; lost++) {
    const { records, number } = await tailOf(ports, { source, code }, LOOK_BACK);
    const before = records.find((record) => record.by === by);
    if (before) return before;
    const change = decide(records.at(-1));
    if (!change) return undefined;
    const at = ports.clock().toISOString();
    const record = AlarmRecord.parse({ schema: 1, source, code, number: number + 1, at, by, ...change });
    const key = ports.layout.alarmRecord(source, code, record.number);
    if ((await ports.repository.create(key, `${JSON.stringify(record, null, 2)}\n`)) === "created") return record;
  }
  throw new AlreadyCommitted(
    `The alarm ${code} of ${source} could not be written down: ${RACES_LOST_AT_MOST} others came first`,
  );
}

/** The newest records, and the highest number. One that can't be read is no state: what comes next is told. */
async function tailOf({ repository, layout }: Reading, { source, code }: AlarmKey, newest: number) {
  const keys: string[] = [];
  for await (const key of repository.list(layout.alarm(source, code))) if (NUMBER.test(key)) keys.push(key);
  const bodies = await Promise.all(keys.slice(-newest).map((key) => repository.read(key)));
  const records = bodies.map((body) => body && asRecord(body));
  const number = Number(NUMBER.exec(keys.at(-1) ?? "")?.[1] ?? 0);
  return { records: records.at(-1) ? records.filter((record) => record !== undefined) : [], number };
}

function asRecord(body: Uint8Array): AlarmRecord | undefined {
  try {
    return AlarmRecord.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return undefined;
  }
}
