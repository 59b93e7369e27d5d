import { describe, expect, it } from "vitest";
import { commitBackup } from "#app/commit-backup.ts";
import { describePoint } from "#app/describe-point.ts";
import { indexPoints } from "#app/index-points.ts";
import { listPoints } from "#app/list-points.ts";
import { BackupId } from "#domain/ids.ts";
import { copyWorld } from "../support/copy-world.ts";
import { aBackup, capture, memoryWorld } from "../support/memory-world.ts";
import { daysAgo, havePoint } from "../support/retention-world.ts";

describe("listing points", () => {
  it("IS-8 SK-8 GL-22 shows of each point its id, the time it goes back to, its size and its proof, newest first", async () => {
    const world = memoryWorld();
    const newer = BackupId.parse("2026-02-24-020000-nightly");
    const recoveredTo = "2026-02-24T02:00:05.000Z";
    for (const [backupId, change] of [[aBackup, {}] as const, [newer, { recoveredTo }] as const])
      await commitBackup(world.ports)({
        backupId,
        sources: ["app-db"],
        captures: [capture(world, "app-db", change, backupId)],
      });

    const answer = await listPoints(world.ports)({ newest: 10 });

    expect(answer.verdict).toContain("app-db has NO verified point (newer, being verified: 2026-02-24-020000-nightly");
    expect(answer.figures["points"]).toEqual([
      { source: "app-db", backupId: newer, recoveredTo, proof: "committed", bytes: 15 },
      { source: "app-db", backupId: aBackup, recoveredTo: "2026-02-23T02:00:05.000Z", proof: "committed", bytes: 15 },
    ]);
  });

  it("R6 GL-22 shows what the repository has lost and a copy still has, as such, with the command that restores it", async () => {
    const world = copyWorld();
    const [kept, lost] = [await havePoint(world, daysAgo(2)), await havePoint(world, daysAgo(1))];
    for (const backupId of [kept, lost]) await world.run({ backupId });
    await indexPoints(world.ports)();
    for (const key of world.objects.keys())
      if (key.startsWith(world.ports.layout.backup(lost))) world.objects.delete(key);

    const answer = await listPoints(world.ports)({ newest: 10 });
    const described = await describePoint(world.ports)({ source: "app-db", backupId: lost });

    expect(answer.verdict).toContain(
      `app-db is restorable to ${daysAgo(2).toISOString()} (newer, LOST here and only in a copy: ${lost} in offsite)`,
    );
    expect(answer.figures["points"]).toMatchObject([
      { backupId: lost, proof: "verified", onlyIn: ["offsite"] },
      { backupId: kept, proof: "verified" },
    ]);
    expect(answer.figures["readFrom"]).toMatch(/^index of/); // which still has it
    expect(answer.next).toContain(`-f start-restore -d '{"source":"app-db","backupId":"${lost}"}'`);
    expect(described.verdict).toMatch(
      /^LOST here: .* holds no point of app-db. Its copy in offsite is whole. app-db in .* is verified and restorable to/,
    );
    expect(described.next).toContain("start-restore");
  });

  it("R6 says what a copy lacks, and answers when its region can't be reached", async () => {
    const world = copyWorld();
    const backupId = await havePoint(world, daysAgo(1));
    await world.run({ backupId });
    const away = async () => {
      throw new Error("connect ETIMEDOUT");
    };
    const openCopy = () => ({ ...world.there.ports.repository, folders: away, head: away });
    const asked = { source: "app-db", backupId };

    const answer = await listPoints({ ...world.ports, openCopy })({ newest: 10 });
    for (const key of world.objects.keys()) if (key.includes(`/${backupId}/`)) world.objects.delete(key);
    const unreachable = describePoint({ ...world.ports, openCopy })(asked);
    world.there.artifacts.clear();
    const described = await describePoint(world.ports)(asked);

    expect(answer.verdict).toMatch(/^app-db is restorable to .*; offsite could not be looked at: connect ETIMEDOUT$/);
    await expect(unreachable).rejects.toMatchObject({ name: "NoSuchPoint" });
    expect(described.verdict).toMatch(/Its copy in offsite lacks something: ArtifactMissing: /);
  });
});
