import { afterAll, beforeAll, expect, it } from "vitest";
import { IncidentId } from "#domain/incident.ts";
import { tellYear } from "#local/demo/year/story.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { narrateNothing } from "#local/narrate.ts";
import { openWorld, type World } from "./support/world.ts";

const MONTHS = 2;

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.client.clearMessages();
});
afterAll(async () => {
  await resetFleet(["staging-db"]);
  await world.client.clearMessages();
});

it("T4 A4 AS-13 GL-8 AP-19 AP-21 thins a long row of nights out as each dry run has said, tells when nothing runs any more until somebody has taken it and writes the incident down, and keeps all of a source whose backups fail", async () => {
  const { year, stopped, climbed, incident, failing, newest } = await tellYear(
    world.stage,
    world.client,
    narrateNothing,
    () => {},
    MONTHS,
  );

  expect(year).toHaveLength(MONTHS + 1);
  expect(year[0]).toMatchObject({ expired: 0, pruned: 0 });
  const [, second, third] = year;
  expect(second?.expired).toBeGreaterThan(20);
  expect(third?.pruned).toBe(second?.expired);
  expect(stopped.hours).toBe(20); // at 06:00 its newest point is four hours old
  expect(climbed.verdict).toBe("BackupTooOld of app-db is acknowledged by Grace: nobody further is told");
  expect((await world.client.ended(climbed.execution)).status).toBe("SUCCEEDED");
  const timeline = [...incident.report.matchAll(/^- \S+Z (.*)$/gm)].map(([, what = ""]) => what);
  const restore = `restore ${incident.restoreId}`;
  expect(timeline.filter((what) => !/: also|^alarm (?!BackupTooOld)|of repository/.test(what))).toEqual([
    "suspected begin",
    "alarm BackupTooOld of app-db: opened",
    "alarm BackupTooOld of app-db: acknowledged",
    "incident opened by Grace",
    `${restore} into staging-db begun`,
    `${restore} finished: staging-db holds the point`,
    "alarm BackupTooOld of app-db: acknowledged",
    "alarm BackupTooOld of app-db: recovered",
    "incident closed by Grace",
  ]);
  expect(incident.report).toMatch(/- RTO achieved: .* \(within 30m\)/);
  const stored = await world.client.repository.read(world.layout.incidentReport(IncidentId.parse(incident.incidentId)));
  expect(new TextDecoder().decode(stored)).toBe(incident.report);
  expect(failing.map(({ expired }) => expired)).toEqual([0, 0, 0, 0, 0]);
  for (const { frozen } of failing) expect(frozen).toContain("more than twice the RPO");
  expect(failing.at(-1)?.keep).toBe(failing[0]?.keep);
  expect(newest.after).toBe(newest.before);
});
