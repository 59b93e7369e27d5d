import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { readCatalog } from "#app/catalog.ts";
import { scheduledBackupId } from "#domain/ids.ts";
import { watchStage } from "./support/invariants.ts";
import { manifestEvent, whileManifestEventsAreLost } from "./support/manifest-events.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.haveLatest();
});
afterAll(() => world.client.clearMessages());

const Output = z.looseObject({ run: z.looseObject({ claimed: z.boolean() }) });

it("O3 lets one of twenty starts of the same scheduled run work, and ends the others as having nothing to do", async () => {
  const watch = await watchStage(world);
  const at = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 1_000);

  const starts = await Promise.all(Array.from({ length: 20 }, () => world.startBackup(["sessions"], at)));
  const ended = await Promise.all(starts.map(({ arn }) => world.client.ended(arn)));
  const backupId = starts[0]?.backupId ?? "";
  const verification = await world.client.endedNamed("verify", backupId);

  expect(ended.map(({ status }) => status)).toEqual(Array(20).fill("SUCCEEDED"));
  const claimed = ended.filter(({ output }) => Output.parse(output).run.claimed);
  expect(claimed).toHaveLength(1);
  expect(verification.status).toBe("SUCCEEDED");
  const artifacts = (await watch.versionsSince()).filter((version) => version.includes(".rdb.zst.gpg "));
  expect(artifacts).toHaveLength(1);
  await watch.expectInvariants({ latest: { sessions: backupId } });
});

it("O5 O6 leaves a point unproven while its event is lost, and proves it once when the event comes ten times", async () => {
  const watch = await watchStage(world);

  const { backupId } = await whileManifestEventsAreLost(world, () => world.backup(["sessions"]));
  const { points } = await readCatalog(world.client.catalog, { source: "sessions" });
  const latestWhileLost = await world.client.latest("sessions");
  const event = manifestEvent(world, backupId);
  const answers = await Promise.all(Array.from({ length: 10 }, () => world.client.invoke("check-backup", event)));
  const verification = await world.client.endedNamed("verify", backupId);

  expect(points.find((point) => point.backupId === backupId)?.proof).toBe("committed");
  expect(latestWhileLost).toBe(watch.latestBefore.sessions);
  const said = answers.map((answer) => z.looseObject({ verify: z.string() }).parse(answer).verify);
  expect(said.toSorted()).toEqual([...Array(9).fill("already started"), "started"]);
  expect(verification.status).toBe("SUCCEEDED");
  const proofs = (await watch.versionsSince()).filter((version) => /\/proofs\/sessions\/.*\.json /.test(version));
  expect(proofs).toHaveLength(1);
  for (const wanted of ["slack", "sns"])
    await world.client.message((text, channel) => channel === wanted && isVerified(text, backupId));
  const told = (await world.client.messages()).filter((message) => isVerified(world.client.asText(message), backupId));
  expect(told.map(({ channel }) => channel).toSorted()).toEqual(["slack", "sns"]);
  await watch.expectInvariants({ latest: { sessions: backupId } });
});

const isVerified = (text: string, backupId: string) =>
  text.startsWith("sessions is restorable to") && text.includes(backupId);

it("O7 hears nothing in forged events of other buckets and stages, and logs each that it ignores", async () => {
  const watch = await watchStage(world);
  const event = manifestEvent(world, world.stage.stage as never);
  const keys = [
    "local/../manifest.json",
    "local/a b+c%2F/manifest.json",
    "local/é/manifest.json",
    "prod/x/manifest.json",
  ];

  const begun = new Date();
  const answers = await Promise.all([
    ...keys.map((key) =>
      world.client.invoke("check-backup", { ...event, detail: { ...event.detail, object: { key } } }),
    ),
    world.client.invoke("check-backup", { ...event, detail: { ...event.detail, bucket: { name: "strangers" } } }),
  ]);
  const changes = await Promise.all(
    [
      ...keys.map((key) => ({ ...event.detail, object: { key } })),
      {
        bucket: { name: "strangers" },
        object: { key: world.layout.manifest(scheduledBackupId("nightly", new Date())) },
      },
    ].map((detail) => world.client.invoke("notice-tampering", { ...event, detail })),
  );
  const forged = await world.client.invoke("announce", {
    ...{ id: "x", source: "holdfast", "detail-type": "AlarmRaised", time: event.time },
    detail: {
      ...{ stage: "prod", code: "RepositoryTampered", source: "repository", problem: "forged" },
      ...{ message: "call this number", next: { say: "pay" } },
    },
  });
  const otherAccount = await world.client.invoke("announce", {
    ...{ id: "x", source: "aws.states", "detail-type": "Step Functions Execution Status Change", time: event.time },
    detail: {
      ...{ executionArn: "arn:aws:states:us-east-1:1:execution:holdfast-prod-backup:x", name: "x", status: "FAILED" },
      stateMachineArn: "arn:aws:states:us-east-1:1:stateMachine:holdfast-prod-backup",
    },
  });
  const lines = (
    await Promise.all(["check-backup", "notice-tampering", "announce"].map((name) => linesOf(name, begun)))
  ).flat();

  for (const answer of answers) expect(answer).toEqual({ ignored: expect.stringContaining("is no manifest") });
  expect(changes).toEqual(Array(5).fill({ problems: 0 }));
  expect([forged, otherAccount]).toEqual([{ told: false }, { told: false }]);
  expect(lines.filter((line) => line.includes("ignored: ")).length).toBeGreaterThanOrEqual(5 + 2 + 2);
  expect(await watch.versionsSince()).toEqual([]);
  await watch.expectInvariants();
});

const linesOf = (name: string, since: Date) =>
  world.client.logLines(`/aws/lambda/holdfast-${world.stage.stage}-${name}`, since);
