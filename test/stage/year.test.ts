import { afterAll, beforeAll, expect, it } from "vitest";
import { tellYear } from "#local/demo/year/story.ts";
import { narrateNothing } from "#local/narrate.ts";
import { openWorld, type World } from "./support/world.ts";

const MONTHS = 2;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world.haveLatest();
  await world.client.invoke("check-objectives", {}); // the stage's own clock again: the alarm is over
  await world.client.message((text) => text.includes("Recovered: BackupTooOld of app-db"));
  await world.client.clearMessages();
});

it("T4 A4 AS-13 GL-8 thins a long row of nights out as each dry run has said, tells when nothing runs any more, and keeps all of a source whose backups fail", async () => {
  const { year, stopped, failing, newest } = await tellYear(
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
  expect(failing.map(({ expired }) => expired)).toEqual([0, 0, 0, 0, 0]);
  for (const { frozen } of failing) expect(frozen).toContain("more than twice the RPO");
  expect(failing.at(-1)?.keep).toBe(failing[0]?.keep);
  expect(newest.after).toBe(newest.before);
});
