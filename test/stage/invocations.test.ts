import { afterAll, beforeAll, expect, it } from "vitest";
import { watchStage } from "./support/invariants.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.client.clearMessages());

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
    const touched = (await watch.versionsSince()).filter((version) => !version.startsWith("local/runs/"));
    expect(touched).toEqual([]);
    await watch.expectInvariants({ failed: [execution] });
  },
);
