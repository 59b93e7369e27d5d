import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { readCatalog } from "#app/catalog.ts";
import type { BackupId } from "#domain/ids.ts";
import { sql } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { pastDays } from "./support/past-days.ts";
import { tampering } from "./support/tampering.ts";
import { openWorld, type World } from "./support/world.ts";

const asked = { source: "app-db", why: "test/stage/anomalies.test.ts", requestedBy: "the test" };
const Answer = z.looseObject({ verdict: z.string(), figures: z.looseObject({}), next: z.string() });

let world: World;
let usual: BackupId;
let past: Awaited<ReturnType<typeof pastDays>>;
let suspicious: BackupId | undefined;

beforeAll(async () => {
  world = await openWorld();
  usual = await world.goodBackup(["app-db"]); // of the fleet as it is seeded, whatever other tests have left
  past = await pastDays(world, await tampering(world), { source: "app-db", like: usual, days: 4 });
  await world.client.clearMessages();
});
afterAll(async () => {
  await past.forget();
  if (suspicious) await invoke("quarantine", { ...asked, backupId: suspicious }); // it is like nothing that comes after it
  await resetFleet(["app-db"]);
  await world.client.clearMessages();
});

const invoke = async (name: string, input: object) => Answer.parse(await world.client.invoke(name, input));
const proofOf = async (backupId: BackupId) =>
  (await readCatalog(world.client.catalog, { source: "app-db" })).points.find((point) => point.backupId === backupId)
    ?.proof;

it("AS-22 AP-25 S8 T8 finds deleted and encrypted rows in a point that is whole: suspicious, told, not latest, retention frozen, until it is released", async () => {
  const { container } = world.stage.sources["app-db"];
  const scrambled = (text: string) =>
    [1, 2, 3, 4].map((round) => `encode(sha256((${text} || ${round})::bytea), 'base64')`).join(" || ");
  await Promise.all([
    sql(container, "app", "DELETE FROM shop.order_lines WHERE order_id % 3 <> 0"),
    sql(
      container,
      "analytics",
      `UPDATE visits SET url = ${scrambled("url")}, properties = to_jsonb(${scrambled("properties::text")})`,
    ),
  ]);

  const backupId = await world.goodBackup(["app-db"]);
  suspicious = backupId;

  expect(await proofOf(backupId)).toBe("suspicious");
  expect(await world.client.latest("app-db")).toBe(usual);
  const told = await world.client.message((text) => text.includes("PointSuspicious") && text.includes(backupId));
  const words = world.client.asText(told);
  expect(words).toMatch(/app › shop\.order_lines has \d+ rows and never had fewer than 480000/);
  expect(words).toMatch(/analytics hardly compresses any more, as encrypted data does/);
  expect(words).toContain("docs/runbooks/PointSuspicious.md");
  const timeline = await invoke("describe-source", { source: "app-db" });
  expect(timeline.verdict).toContain(`The first suspicious point of app-db is ${backupId}`);
  expect(timeline.verdict).toContain(`The last good one before it is ${usual}`);
  expect((await invoke("plan-retention", {})).verdict).toContain(`app-db is frozen: ${backupId} is suspicious`);
  const restore = await world.client.run("restore", { source: "app-db", backupId });
  expect(restore).toMatchObject({ status: "FAILED", error: "NoSuchPoint" });
  expect(restore.cause).toContain("SUSPICIOUS");

  const released = await invoke("release", { ...asked, backupId });

  expect(released.verdict).toBe(`app-db in ${backupId} is released: it is verified`);
  expect(await world.client.latest("app-db")).toBe(backupId);
  expect((await invoke("plan-retention", {})).verdict).not.toContain("app-db is frozen");
  await world.client.message((text) => text.includes("app-db is restorable to") && text.includes(backupId));
  const audit = await invoke("read-audit", { newest: 1 });
  expect(audit.figures).toMatchObject({ deeds: [{ what: "release", to: `${backupId} app-db`, because: asked.why }] });
});
