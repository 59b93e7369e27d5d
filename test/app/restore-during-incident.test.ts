import { describe, expect, it } from "vitest";
import { z } from "zod";
import { closeIncident } from "#app/close-incident.ts";
import { openIncident } from "#app/open-incident.ts";
import { planRestore } from "#app/plan-restore.ts";
import { planRestoreAll } from "#app/plan-restore-all.ts";
import { readAudit } from "#app/read-audit.ts";
import { whatNow } from "#app/what-now.ts";
import { IncidentByHand, IncidentEndByHand, WhatNowByHand } from "#events/by-hand.ts";
import { RestoreAllRequested, RestoreRequested } from "#events/restore-requested.ts";
import { havePoint, now, type RetentionWorld, retentionWorld } from "../support/retention-world.ts";

const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const since = hoursAgo(5).toISOString();
const incidentId = "DR-2026-11-22-001";

/** A point from before the suspected begin of an open incident, and one from after it. */
async function worldOf(what: string, source = "app-db") {
  const world = retentionWorld();
  const before = await havePoint(world, hoursAgo(6));
  const after = await havePoint(world, hoursAgo(4));
  const reported = { what, source, impact: "High", suspectedSince: since, summary: "wrong totals", requestedBy: "Ada" };
  await openIncident(world.ports)(IncidentByHand.parse(reported), "call 1");
  return { world, before, after };
}
const plan = (world: RetentionWorld, request: object) =>
  planRestore({ ...world.ports, restoreOptions: { postgresql: z.unknown() } })({
    input: RestoreRequested.parse({ source: "app-db", ...request }),
    execution: { id: "arn:restore", startTime: now.toISOString() },
  });
const Deeds = z.array(z.looseObject({ what: z.string() }));
const restoresDespite = async ({ ports }: RetentionWorld) =>
  Deeds.parse((await readAudit(ports)({ newest: 100 })).figures["deeds"]).filter(
    ({ what }) => what === "restore despite incident",
  );

describe("a restore while an incident is open", () => {
  it.each([["corrupt"], ["attacked"]])(
    "AP-10 of the kind %s takes no point from after its suspected begin, and says what to add",
    async (what) => {
      const { world, before, after } = await worldOf(what);

      for (const request of [{}, { backupId: after }, { before: now.toISOString() }])
        await expect(plan(world, request)).rejects.toMatchObject({
          name: "InputInvalid",
          message: `before: app-db in ${after} is of ${hoursAgo(4).toISOString()}, and ${incidentId} suspects what came after ${since} (${what}). Add "before": "${since}"; or, to take this point all the same, "despite": ["${incidentId}"] and "because"`,
        });
      for (const request of [{ before: since }, { backupId: before }])
        expect((await plan(world, request)).plan.backupId).toBe(before);
    },
  );

  it("AP-10 takes one all the same where the request names the incident and says why, which is written down", async () => {
    const { world, after } = await worldOf("corrupt");
    const because = "its totals were looked at and are right";

    expect(RestoreRequested.safeParse({ source: "app-db", despite: [incidentId] }).success).toBe(false);
    await expect(plan(world, { despite: ["DR-2026-11-22-007"], because })).rejects.toThrow(incidentId);
    expect(await restoresDespite(world)).toEqual([]);

    const { plan: planned } = await plan(world, { despite: [incidentId], because, requestedBy: "Ada" });

    expect(planned.backupId).toBe(after);
    expect(await restoresDespite(world)).toMatchObject([
      { who: { claimed: "Ada", call: "arn:restore" }, to: `${after} app-db`, because },
    ]);
  });

  it("AP-10 holds for every source where the incident is of all, and for a whole backup before anything of it is begun", async () => {
    const { world, before, after } = await worldOf("attacked", "repository");
    const all = (request: object) =>
      planRestoreAll(world.ports)({
        input: RestoreAllRequested.parse({ sources: "all", ...request }),
        execution: { name: "one" },
      });
    const because = "its totals were looked at and are right";

    await expect(plan(world, {})).rejects.toThrow(incidentId);
    await expect(all({ backupId: after })).rejects.toThrow(`nothing was begun:\napp-db: app-db in ${after}`);

    expect((await all({ backupId: before })).count).toBe(1);
    const [restore] = (await all({ backupId: after, despite: [incidentId], because })).restores;
    expect(restore?.input).toMatchObject({ despite: [incidentId], because });
  });

  it("takes any where data is only missing or the server gone, and when the incident is closed", async () => {
    for (const what of ["deleted", "gone"]) {
      const { world, after } = await worldOf(what);
      expect((await plan(world, {})).plan.backupId).toBe(after);
    }
    const { world, after } = await worldOf("corrupt");
    const end = { incidentId, rootCause: "a migration", actions: ["restored"], requestedBy: "Ada" };
    await closeIncident(world.ports)(IncidentEndByHand.parse(end), "call 2");

    expect((await plan(world, {})).plan.backupId).toBe(after);
  });

  it("AP-10 is offered by what-now only from before it", async () => {
    const { world, before } = await worldOf("corrupt");

    const answer = await whatNow(world.ports)(WhatNowByHand.parse({ what: "corrupt", source: "app-db" }));

    expect(answer.figures).toMatchObject({ incidents: [incidentId], before: since, points: [{ backupId: before }] });
    expect(answer.next).toContain(`"before":"${since}"`);
  });
});
