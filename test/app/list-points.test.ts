import { describe, expect, it } from "vitest";
import { commitBackup } from "#app/commit-backup.ts";
import { listPoints } from "#app/list-points.ts";
import { BackupId } from "#domain/ids.ts";
import { aBackup, capture, memoryWorld } from "../support/memory-world.ts";

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
});
