import { describe, expect, it } from "vitest";
import { checkPlan } from "#app/check-plan.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { BackupId } from "#domain/ids.ts";
import { aBackup, aPlan, artifactOf, capture, layout, type MemoryWorld, memoryWorld } from "../support/memory-world.ts";

const captureTask = { vcpus: 1, memoryGb: 2, architecture: "X86_64" };
const check = (world: MemoryWorld, change = {}) =>
  checkPlan({ ...world.ports, region: "us-east-1", captureTask, ...change })();
const tableIn = ({ figures }: { figures: Record<string, unknown> }) => (figures["table"] as string[]).join("\n");

/** One committed capture of `bytes`, which took 8 seconds. */
async function committed(world: MemoryWorld, id: string, source: string, bytes: number) {
  const backupId = BackupId.parse(id);
  const small = artifactOf(backupId, source, "some bytes");
  const artifact = { ...small, bytes, parts: small.parts.map((part) => ({ ...part, bytes })) };
  const captured = capture(world, source, { artifacts: [artifact] }, backupId);
  world.artifacts.set(artifact.key, artifact);
  const { outcome } = await commitBackup(world.ports)({ backupId, sources: [source], captures: [captured] });
  expect(outcome).toBe("COMPLETE");
}

describe("checking the plan", () => {
  it("answers the verdict, then the figures with their table first, then what to do", async () => {
    const answer = await check(memoryWorld());

    expect(Object.keys(answer)).toEqual(["verdict", "figures", "next"]);
    expect(Object.keys(answer.figures)[0]).toBe("table");
    expect(answer.verdict).toBe("The plan holds together");
    expect(answer.next).toContain("Pin the key in the plan: signing: { publicKeySha256: fff");
  });

  it("GL-8 warns of a copy from which the thaw alone takes longer than the RTO of a source", async () => {
    const cold = { bucket: "cold", region: "eu-west-1", readBack: "checksums", sources: ["app-db"] };
    const answer = await check(memoryWorld(), {
      plan: { ...aPlan, copies: { cold: { ...cold, storageClass: "GLACIER" }, warm: cold } },
    });

    expect(answer.verdict).toBe("The plan holds together; see its warnings");
    expect(answer.figures["warnings"]).toEqual([
      "app-db: from cold it waits up to 5h for the thaw alone; its RTO is 30m",
    ]);
  });

  it("shows of each source its engine, its next three runs, and its interval against its RPO", async () => {
    const table = tableIn(await check(memoryWorld()));

    for (const text of ["app-db", "postgresql", "sessions", "redis", "every 24h", "RPO 24h"])
      expect(table).toContain(text);
    for (const day of ["24", "25", "26"]) expect(table).toContain(`2026-02-${day} 02:00`);
  });

  it("measures by the newest point of each source, and says so where there is none yet", async () => {
    const world = memoryWorld();
    await committed(world, aBackup, "app-db", 1_000_000);
    await committed(world, "2026-02-24-020000-nightly", "app-db", 40_000_000_000);

    const answer = await check(world);

    const rows = tableIn(answer).split("\n");
    expect(rows.find((row) => row.includes("app-db"))).toMatch(/40 GB a run .*\$26\.08 storage, for each month kept/);
    expect(rows.find((row) => row.includes("sessions"))).toMatch(/not measured yet .*not measured yet/);
    expect(answer.figures["aboutTheEstimates"]).toEqual(
      expect.arrayContaining([
        expect.stringContaining("until retention lets go of it"),
        expect.stringContaining("us-east-1, http"),
      ]),
    );
  });

  it("measures by no safety point: it may hold other databases than the source", async () => {
    const world = memoryWorld();
    await committed(world, "2026-02-24-134207-safety-2026-02-24-134207-k3x9", "app-db", 1_000_000);

    expect(tableIn(await check(world))).not.toContain("1 MB");
  });

  it("measures by an older point where the newest manifest can't be believed", async () => {
    const world = memoryWorld();
    await committed(world, aBackup, "app-db", 1_000_000);
    await committed(world, "2026-02-24-020000-nightly", "app-db", 2_000_000);
    world.objects.set(layout.manifest(BackupId.parse("2026-02-24-020000-nightly")), new TextEncoder().encode("{}"));

    expect(tableIn(await check(world))).toContain("1 MB a run");
  });

  it("does not take a repository that it could not read for an empty one", async () => {
    const world = memoryWorld();
    const folders = () => Promise.reject(new Error("503"));

    await expect(check(world, { repository: { ...world.ports.repository, folders } })).rejects.toThrow("503");
  });

  it("names no cost in a region whose prices are not known", async () => {
    const world = memoryWorld();
    await committed(world, aBackup, "app-db", 1_000_000);

    expect(tableIn(await check(world, { region: "eu-north-9" }))).toContain("prices of this region are not known");
  });

  it("believes nothing of a key that the plan does not pin, and says so first", async () => {
    const world = memoryWorld();
    await committed(world, aBackup, "app-db", 1_000_000);

    const answer = await check(world, { plan: { ...aPlan, signing: { publicKeySha256: "0".repeat(64) } } });

    expect(answer.verdict).toContain("nothing it signs is believed");
    expect(tableIn(answer)).not.toContain("1 MB");
  });
});
