import pWaitFor from "p-wait-for";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { withTaskFault } from "#local/demo/faults.ts";
import { watchStage } from "./support/invariants.ts";
import { takeInventory } from "./support/inventory.ts";
import { openWorld, sourceNames, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.haveLatest();
  await nothingIsWritten();
});
afterAll(() => world.client.clearMessages());

/** Until a second has brought nothing new: who was told of the points of before is written down, too. */
async function nothingIsWritten(): Promise<void> {
  let known = -1;
  const isStill = async () => {
    const { size } = await takeInventory(world);
    const still = size === known;
    known = size;
    return still;
  };
  await pWaitFor(isStill, { interval: 1_000, timeout: { milliseconds: 60_000, message: "something goes on writing" } });
}

const execution = { id: "arn:x", name: "x", startTime: "not a time" };

it.each([
  {
    name: "plan-backup",
    payload: { input: { backup: "UPPER", sources: [] }, execution },
    says: ["input", "startTime"],
  },
  { name: "commit-backup", payload: { backupId: "../..", sources: [] }, says: ["backupId", "sources", "captures"] },
  { name: "check-backup", payload: { source: "aws.s3", detail: { bucket: {} } }, says: ["id", "detail.bucket.name"] },
  { name: "plan-verify", payload: { input: { backupId: 7 } }, says: ["input.backupId", "execution"] },
  { name: "record-proofs", payload: { backupId: "x", wrong: 1 }, says: ["backupId", "runId", "wrong", "sources"] },
  {
    name: "plan-restore",
    payload: { input: { source: "-x", before: "soon", safety: "none" }, execution },
    says: ["input.source", "input.before", "startTime"],
  },
  { name: "record-evidence", payload: { plan: {} }, says: ["plan.restoreId", "executionId", "restored"] },
  { name: "check-interlock", payload: { input: {}, plan: {} }, says: ["input.source", "plan.target", "inspected"] },
  { name: "announce", payload: { source: "holdfast" }, says: ["detail-type"] },
  { name: "start-backup", payload: { bakup: "nightly" }, says: ["backup", "bakup"] },
  { name: "start-restore", payload: { source: "", target: "$(id)", extra: 1 }, says: ["source", "target", "extra"] },
  { name: "list-points", payload: { newest: -1, source: "A" }, says: ["newest", "source"] },
  { name: "describe-point", payload: {}, says: ["source", "backupId"] },
  { name: "export-audit", payload: { from: "2026-02-30", until: 1 }, says: ["from", "to", "until"] },
  { name: "check-source", payload: { source: 1, more: 1 }, says: ["source", "more"] },
])(
  "N3 $name answers a wrong call with everything that is wrong, and touches nothing",
  async ({ name, payload, says }) => {
    const watch = await watchStage(world);

    const error = await world.client.invoke(name, payload).then(
      () => new Error("was taken"),
      (thrown: Error) => thrown,
    );

    expect(error).toMatchObject({ name: "InputInvalid" });
    for (const word of says) expect(error.message).toContain(word);
    expect(await watch.versionsSince()).toEqual([]);
    await watch.expectInvariants();
  },
);

it.each([
  { machine: "backup", input: { backup: "hourly" }, error: "InputInvalid", says: "the plan has nightly" },
  {
    machine: "backup",
    input: { backup: "nightly", sources: ["app-db", "mail"] },
    error: "InputInvalid",
    says: '"mail"',
  },
  { machine: "verify", input: { backupId: "2020-01-01-000000-nightly" }, error: "NoSuchPoint", says: "no backup" },
  { machine: "restore", input: { source: "sessions", target: "prod" }, error: "InputInvalid", says: "staging-redis" },
  {
    machine: "restore",
    input: { source: "sessions", target: "staging-db" },
    error: "InputInvalid",
    says: "postgresql",
  },
] as const)(
  "N3 the $machine machine refuses $says in one clear error and touches no point",
  async ({ machine, input, error, says }) => {
    const watch = await watchStage(world);

    const execution = await world.client.run(machine, input);

    expect(execution).toMatchObject({ status: "FAILED", error });
    expect(execution.cause).toContain(says.replaceAll('"', '\\"'));
    const touched = (await watch.versionsSince()).filter((version) => !/^local\/(runs|alarms)\//.test(version));
    expect(touched).toEqual([]);
    await watch.expectInvariants({ failed: [execution] });
  },
);

const Checked = z.looseObject({
  verdict: z.string(),
  figures: z.looseObject({
    table: z.array(z.string()).optional(),
    problems: z.array(z.string()),
    warnings: z.array(z.string()),
  }),
});

it("SK-16 IS-25 check-source proves route, TLS, login, AWS and room of sources and targets from inside a task, and leaves nothing behind", async () => {
  const watch = await watchStage(world);

  const check = async (input: object) => Checked.parse(await world.client.invoke("check-source", input));
  const [appDb, sessions, uploads] = await Promise.all(sourceNames.map((source) => check({ source })));
  const targets = ["staging-db", "staging-redis", "staging-uploads"];
  const [stagingDb, stagingRedis, stagingUploads] = await Promise.all(targets.map((target) => check({ target })));

  expect(appDb).toMatchObject({ verdict: "app-db can be captured", figures: { problems: [], warnings: [] } });
  const table = appDb?.figures.table?.join("\n") ?? "";
  for (const what of ["route", "Secrets Manager", "server", "scratch disk", "KMS", "S3"])
    expect(table).toMatch(new RegExp(`ok +│ ${what} `));
  expect(table).toMatch(/TLS +│ verified for 10\.88\.0\.1: TLSv1\.3, signed by holdfast local, expires in \d{4} days/);
  expect(sessions?.verdict).toBe("sessions can be captured");
  expect(sessions?.figures.warnings).toEqual([expect.stringMatching(/^TLS: none, .* in plain/)]);
  expect(sessions?.figures.table?.join("\n")).toMatch(/ok +│ memory to verify /);
  expect(uploads?.verdict).toBe("uploads can be captured");
  expect([stagingDb, stagingRedis, stagingUploads].map((target) => target?.verdict)).toEqual(
    targets.map((target) => `${target} can take a restore`),
  );
  for (const what of ["route", "TLS", "Secrets Manager", "S3", "KMS"])
    expect(stagingDb?.figures.table?.join("\n")).toMatch(new RegExp(`ok +│ ${what} `));
  for (const target of [stagingDb, stagingRedis, stagingUploads])
    expect(target?.figures.table?.join("\n")).toMatch(
      /ok +│ target +│ takes (app-db|app-at-rest|sessions|uploads) of /,
    );
  expect(stagingUploads?.figures.table?.join("\n")).toMatch(/ok +│ room +│ .* free beside it/);
  const left = (await watch.versionsSince()).filter((version) => !/\.(task|\d+\.outcome)\.json /.test(version));
  expect(left).toEqual([]);
  await watch.expectInvariants();
});

it("IS-25 check-source names the AWS service that a task has no way to, and the endpoint that is missing", async () => {
  const watch = await watchStage(world);
  const nobody = "http://10.88.255.254:443"; // of the tasks' network, and nobody has it
  const fault = { environment: { AWS_ENDPOINT_URL_KMS: nobody }, match: "capture" };

  const found = await withTaskFault(world.stage, fault, async () =>
    Checked.parse(await world.client.invoke("check-source", { source: "sessions" })),
  );

  expect(found.verdict).toBe("sessions can't be captured: 1 problem");
  expect(found.figures.problems).toEqual([
    expect.stringMatching(/^KMS: can't be reached from the tasks' subnets .*an interface endpoint for kms/),
  ]);
  await watch.expectInvariants();
});
