import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { checkLater } from "./support/objectives.ts";
import { openWorld, type World } from "./support/world.ts";

const Answer = z.looseObject({
  verdict: z.string(),
  figures: z.looseObject({
    table: z.array(z.string()),
    objectives: z.array(
      z.looseObject({ source: z.string(), newest: z.looseObject({ backupId: z.string() }).optional() }),
    ),
  }),
});

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.haveLatest();
  await world.client.clearMessages();
});
afterAll(() => world.client.clearMessages());

it("GL-12 C4 GL-13 the function says how old each source is; a day later the RPO is broken: it is told, backed up at once, and its end is told once", async () => {
  const { client } = world;
  const latest = await client.latest("sessions");

  const { verdict, figures } = Answer.parse(await client.invoke("check-objectives", {}));

  expect(verdict).not.toContain("sessions"); // another source may never have been captured on this stage
  expect(figures.objectives.find(({ source }) => source === "sessions")?.newest?.backupId).toBe(latest);

  const check = checkLater(world, "sessions");
  const begun = new Date();
  expect((await check(24)).figures["started"]).toEqual(["sessions"]);
  for (const channel of ["slack", "sns"])
    await client.message(
      (text, of) => of === channel && text.includes("BackupTooOld: sessions") && text.includes(latest),
    );
  const backup = await client.ended(await client.newest("backup", begun));
  expect(backup).toMatchObject({ status: "SUCCEEDED", name: expect.stringMatching(/^too-old-/) });
  const { run } = z.looseObject({ run: z.looseObject({ backupId: z.string() }) }).parse(backup.output);
  expect((await client.endedNamed("verify", run.backupId)).status).toBe("SUCCEEDED");
  expect(await client.latest("sessions")).toBe(run.backupId);

  for (const hours of [0, 1]) expect((await check(hours)).verdict).toBe("Every source meets its RPO");
  await client.message((text, of) => of === "sns" && text.includes("Recovered: BackupTooOld of sessions"));
  const told = (await client.messages()).map((message) => client.asText(message));
  expect(told.filter((text) => text.includes("Recovered: BackupTooOld"))).toHaveLength(2); // Slack and SNS
});
