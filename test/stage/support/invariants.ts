import pWaitFor from "p-wait-for";
import { expect } from "vitest";
import { z } from "zod";
import { readCatalog } from "#app/catalog.ts";
import { chooseLatest, type RecoveryPoint } from "#domain/recovery-point.ts";
import type { Message } from "#local/sink-messages.ts";
import type { Execution } from "#local/stage-client.ts";
import { expectNothingLost, keysSince, openUploads, takeInventory } from "./inventory.ts";
import { runningTasks, watchContainers } from "./task-containers.ts";
import { canaries, gatherTraces } from "./traces.ts";
import type { SourceName, World } from "./world.ts";

const machines = ["backup", "verify", "restore"] as const;
const ALARM_WITHIN_MS = 60_000;

export type Expected = {
  /** All executions that failed since the watch began; each has told people once, by every channel. */
  failed?: readonly Execution[];
  /** Ended on purpose: no alarm tells of them. */
  cancelled?: readonly Execution[];
  /** What must neither be listed as verified nor be `latest`. */
  notGood?: readonly { source: string; backupId: string }[];
  /** Where `latest` has moved to; it stays where it was otherwise. */
  latest?: Partial<Record<SourceName, string>>;
};

/** Begins before a fault. `expectInvariants` comes after it, when the runs have ended. */
export async function watchStage(world: World) {
  const { client } = world;
  await quiet(world);
  await client.clearMessages();
  const before = await takeInventory(world);
  const latestBefore = latestOf((await readCatalog(client.catalog)).points);
  const uploadsBefore = new Set((await openUploads(world)).map(({ uploadId }) => uploadId));
  const begun = new Date();
  const known = new Set(await executionArns(world));
  const containers = watchContainers();

  return {
    before,
    latestBefore,
    async expectInvariants({ failed = [], cancelled = [], notGood = [], latest = {} }: Expected = {}): Promise<void> {
      await quiet(world);
      const arns = (await executionArns(world)).filter((arn) => !known.has(arn));
      await expectAlarms(world, { known, arns, failed, cancelled }); // I3
      await expectNotGood(world, notGood, { ...latestBefore, ...latest }); // I1
      const after = await takeInventory(world);
      expectNothingLost(before, after); // I2
      await expectNoSecrets(world, begun, keysSince(before, after), arns, await containers.stop()); // I4
      const uploads = (await openUploads(world)).filter(({ uploadId }) => !uploadsBefore.has(uploadId));
      expect(uploads, "I5: open multipart uploads").toEqual([]);
      expect(await runningTasks(), "I5: containers of tasks").toEqual([]);
    },
    /** `key VersionId` of everything that has come since. */
    async versionsSince(): Promise<string[]> {
      return [...(await takeInventory(world)).keys()].filter((version) => !before.has(version));
    },
  };
}
export type Watch = Awaited<ReturnType<typeof watchStage>>;

/** Until nothing runs any more. */
async function quiet({ client }: World): Promise<void> {
  const running = async () =>
    (await Promise.all(machines.map((machine) => client.executions(machine))))
      .flat()
      .filter(({ status }) => status === "RUNNING");
  await pWaitFor(async () => (await running()).length === 0, {
    interval: 200,
    timeout: { milliseconds: 120_000, message: "executions still run" },
  });
}

async function executionArns({ client }: World): Promise<string[]> {
  const all = (await Promise.all(machines.map((machine) => client.executions(machine)))).flat();
  return all.map(({ executionArn }) => executionArn ?? "");
}

const latestOf = (points: RecoveryPoint[]): Record<SourceName, string> => {
  const of = (source: SourceName) =>
    chooseLatest(points.filter((point) => point.source === source)).latest?.backupId ?? "none";
  return { "app-db": of("app-db"), sessions: of("sessions"), uploads: of("uploads") };
};

async function expectNotGood(world: World, notGood: Expected["notGood"] = [], latest: Record<SourceName, string>) {
  const { points } = await readCatalog(world.client.catalog);
  const good = notGood.filter(({ source, backupId }) =>
    points.some((point) => point.source === source && point.backupId === backupId && point.proof === "verified"),
  );
  expect(good, "I1: verified all the same").toEqual([]);
  expect(latestOf(points), "I1: latest").toEqual(latest);
}

type Executions = Required<Pick<Expected, "failed" | "cancelled">> & { known: Set<string>; arns: readonly string[] };

async function expectAlarms({ client }: World, { known, arns, failed, cancelled }: Executions): Promise<void> {
  const ended = await Promise.all(arns.map((arn) => client.describe(arn)));
  const unsuccessful = ended.filter(({ status }) => status !== "SUCCEEDED").map(({ arn }) => arn);
  expect(unsuccessful.toSorted(), "executions that failed").toEqual(
    [...failed, ...cancelled].map(({ arn }) => arn).toSorted(),
  );
  for (const { arn } of failed)
    for (const channel of ["slack", "sns"])
      await client.message((text, from) => from === channel && text.includes(`execution: ${arn}`), ALARM_WITHIN_MS);
  const alarms = (await client.messages()).filter(
    (message) => isAlarm(message) && !isOf(known, client.asText(message)),
  );
  const told = alarms
    .map((message) => `${message.channel} ${codeOf(message)}`)
    // Tests tamper, and each hour the ages of sources are looked at that no test has captured yet: tampering.test.ts and
    // objectives.test.ts look at these alarms.
    .filter((alarm) => !/RepositoryTampered$|BackupTooOld$/.test(alarm))
    .toSorted();
  const codes = failed.map(({ arn, error }) => (error === "HookFailed" ? error : codeOfMachine[machineOf(arn)]));
  const expected = codes.flatMap((code) => [`slack ${code}`, `sns ${code}`]).toSorted();
  expect(told, "I3: alarms").toEqual(expected);
}

/** An execution that another test has ended may be told of when this one has begun. */
const isOf = (executions: Set<string>, text: string) =>
  executions.has(/execution: (arn:aws:states:\S+)/.exec(text)?.[1] ?? "");

const codeOfMachine: Record<string, string> = {
  backup: "BackupFailed",
  verify: "VerifyFailed",
  restore: "RestoreFailed",
};
const machineOf = (arn: string) => /-(backup|verify|restore):/.exec(arn)?.[1] ?? "";

const Slack = z.looseObject({ text: z.string(), blocks: z.array(z.looseObject({ type: z.string() })) });
const Sns = z.looseObject({
  TopicArn: z.string(),
  MessageAttributes: z.looseObject({ code: z.looseObject({ Value: z.string() }) }),
});

const isAlarm = ({ channel, body }: Message) =>
  channel !== "sns"
    ? channel === "slack" && JSON.stringify(Slack.parse(body).blocks).includes(":rotating_light:")
    : Sns.parse(body).TopicArn.endsWith("-critical");

function codeOf({ channel, body }: Message): string {
  if (channel === "sns") return Sns.parse(body).MessageAttributes.code.Value;
  return /docs\/runbooks\/(\w+)\.md/.exec(Slack.parse(body).text)?.[1] ?? "none";
}

async function expectNoSecrets(
  world: World,
  since: Date,
  newKeys: readonly string[],
  arns: readonly string[],
  inspected: readonly string[],
): Promise<void> {
  const secrets = await canaries(world, newKeys);
  const traces = [
    ...(await gatherTraces(world, since, newKeys, arns)),
    ...inspected.map((text) => ({ where: "podman inspect", text })),
  ];
  const found = traces.flatMap(({ where, text }) =>
    secrets.filter(({ forms }) => forms.some((form) => text.includes(form))).map(({ name }) => `${name} in ${where}`),
  );
  expect(found, "I4: secrets in plain sight").toEqual([]);
}
