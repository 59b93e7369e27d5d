import { describe, expect, it } from "vitest";
import { raiseAlarm } from "#app/alarm-log.ts";
import { closeIncident } from "#app/close-incident.ts";
import { describeIncident } from "#app/describe-incident.ts";
import { openIncident } from "#app/open-incident.ts";
import { readHolds } from "#app/read-holds.ts";
import { createSigned } from "#app/signed-objects.ts";
import { RestoreId } from "#domain/ids.ts";
import { IncidentByHand, IncidentById, IncidentEndByHand } from "#events/by-hand.ts";
import { layout } from "../support/memory-world.ts";
import { havePoint, now, type RetentionWorld, retentionWorld } from "../support/retention-world.ts";

const MINUTE = 60_000;
const suspectedSince = new Date(now.getTime() - 60 * MINUTE).toISOString();
const reported = {
  ...{ what: "corrupt", source: "app-db", impact: "High", suspectedSince, requestedBy: "Ada" },
  summary: "wrong totals <script>",
};
const conclusion = {
  ...{ requestedBy: "Grace", rootCause: "a migration rounded totals", actions: ["it was restored"] },
  lessons: ["try migrations on a copy"],
};
const at = (minutes: number) => new Date(now.getTime() + minutes * MINUTE);

const open = (world: RetentionWorld, more: object = {}, call = "call 1") =>
  openIncident(world.ports)(IncidentByHand.parse({ ...reported, ...more }), call);
const look = (world: RetentionWorld, incidentId: unknown) =>
  describeIncident(world.ports)(IncidentById.parse({ incidentId }));
const close = (world: RetentionWorld, incidentId: unknown) =>
  closeIncident(world.ports)(IncidentEndByHand.parse({ incidentId, ...conclusion }), "call 9");

/** 2.3 + 4.7 + 1.2 + 0.8 minutes, from ten minutes after the incident was opened. */
async function restored(world: RetentionWorld) {
  const restoreId = RestoreId.parse("2026-11-22-041000-k3x9");
  const key = layout.evidence(restoreId);
  const body = JSON.stringify({
    ...{ schema: 1, restoreId, source: "app-db", target: "app-db-live", backupId: "2026-11-22-020000-nightly" },
    ...{ recoveredTo: new Date(now.getTime() - 120 * MINUTE).toISOString(), safetyBackupId: null },
    ...{ requestedBy: { claimed: null, execution: "arn:x" }, noSafetyBecause: null, factsCompared: 3 },
    ...{ startedAt: at(10).toISOString(), finishedAt: at(19).toISOString(), putThere: [], kept: [], notes: [] },
    phases: { fetch: 138, load: 282, compare: 72, swap: 48 },
  });
  await createSigned(world.ports, key, (hash) => layout.proofSignature(key, hash), body);
  return restoreId;
}

describe("an incident", () => {
  it("AP-21 has the next number of its day, and holds the points from before it before it is anything else", async () => {
    const world = retentionWorld();
    await havePoint(world, new Date(now.getTime() - 120 * MINUTE));

    const first = await open(world);
    const second = await open(world, {}, "call 2");

    expect(first.figures["incidentId"]).toBe("DR-2026-11-22-001");
    expect(second.figures["incidentId"]).toBe("DR-2026-11-22-002");
    const [held] = await readHolds(world.ports);
    expect(held).toMatchObject({ scope: { source: "app-db", to: suspectedSince }, until: null });
    expect(first.verdict).toContain(`Its points up to ${suspectedSince} are held by ${held?.holdId}`);
    expect(first.next.split("\n")[0]).toBe(
      `npx sls invoke --stage test -f what-now -d '{"what":"corrupt","source":"app-db","since":"${suspectedSince}"}'`,
    );
  });

  it("AP-21 IS-18 is reported with its timeline, the minutes of each phase, and RTO and RPO beside the plan's", async () => {
    const world = retentionWorld();
    const { incidentId } = (await open(world)).figures;
    world.time.at = at(5);
    await raiseAlarm(
      world.ports,
      { source: "app-db", code: "BackupFailed" },
      { severity: "critical", problem: "x" },
      "1",
    );
    await raiseAlarm(
      world.ports,
      { source: "sessions", code: "BackupFailed" },
      { severity: "critical", problem: "x" },
      "1",
    );
    const restoreId = await restored(world);
    world.time.at = at(30);

    const answer = await close(world, incidentId);

    const report = String((answer.figures["report"] as string[]).join("\n"));
    const lines = [...report.matchAll(/^- (\S+Z) (.*)$/gm)].map(([, when, what]) => `${when} ${what}`);
    expect(lines).toEqual([
      `${suspectedSince} suspected begin`,
      `${now.toISOString()} incident opened by Ada`,
      `${at(5).toISOString()} alarm BackupFailed of app-db: opened`,
      `${at(10).toISOString()} restore ${restoreId} into app-db-live begun`,
      `${at(19).toISOString()} restore ${restoreId} finished: app-db-live holds the point`,
      `${at(30).toISOString()} incident closed by Grace`,
    ]);
    for (const row of ["| fetch | 2.3 min |", "| load | 4.7 min |", "| compare | 1.2 min |", "| swap | 0.8 min |"])
      expect(report).toContain(row);
    expect(report).toContain("| total | 9.0 min |");
    expect(report).toContain("- RTO achieved: 9m (within 30m); restored 19m after the incident was opened");
    expect(report).toContain("- RPO achieved: 1h of data (within 24h)");
    expect(report).toContain("- Summary: wrong totals \\<script\\>");
    expect(report).toMatch(/## Root cause\n\n- a migration rounded totals\n\n## Actions\n\n- it was restored/);
    const stored = world.objects.get(layout.incidentReport(incidentId as never));
    expect(new TextDecoder().decode(stored)).toBe(report);
  });

  it("can be looked at while it is open, and names the command that closes it", async () => {
    const world = retentionWorld();
    const { incidentId } = (await open(world)).figures;

    const answer = await look(world, incidentId);

    expect(answer.verdict).toBe(`${incidentId} is open: app-db corrupt, High`);
    expect(answer.figures["report"]).toEqual(expect.arrayContaining(["Nothing was restored yet.", "Not said yet."]));
    expect(answer.next).toContain("-f close-incident");
  });

  it("is closed once, and what it holds stays held", async () => {
    const world = retentionWorld();
    const { incidentId, holdId } = (await open(world)).figures;

    const answer = await close(world, incidentId);

    expect(answer.next).toContain(`-f release-hold -d '{"holdId":"${holdId}"`);
    expect(await readHolds(world.ports)).toHaveLength(1);
    await expect(close(world, incidentId)).rejects.toThrow("was closed at");
    expect((await look(world, incidentId)).verdict).toContain("is closed");
  });

  it("refuses an incident that is not there, or is not signed by us, and names those that are", async () => {
    const world = retentionWorld();
    const { incidentId } = (await open(world)).figures;

    await expect(look(world, "DR-2026-11-22-007")).rejects.toThrow("there are: DR-2026-11-22-001");
    world.objects.set(layout.incident(incidentId as never), new TextEncoder().encode("{}"));
    await expect(look(world, incidentId)).rejects.toThrow("there is no incident");
    await expect(open(world, { source: "nobody" })).rejects.toThrow("there is no source");
  });
});
