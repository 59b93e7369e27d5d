import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { auditLog } from "#app/audit-log.ts";
import { exportAudit } from "#app/export-audit.ts";
import type { Deed } from "#domain/audit.ts";
import { sha256 } from "#domain/hashes.ts";
import { placeOf } from "#domain/repository-key.ts";
import { daysAgo, type RetentionWorld, retentionWorld } from "../support/retention-world.ts";

const deed = (to: string, because = "old", claimed: string | null = "ada"): Deed => ({
  ...{ who: { claimed, call: "call-1" }, what: "prune" },
  ...{ to, because, outcome: "gone" },
});
/** One deed on each of five days, 2026-11-18 to 2026-11-22. */
async function haveDeeds(world: RetentionWorld) {
  for (let day = 4; day >= 0; day--) {
    const audit = auditLog({ ...world.ports, clock: () => daysAgo(day) });
    await audit(
      deed(`point-${day}`, day === 1 ? '=HYPERLINK("http://evil"),\n"quoted"' : "old", day === 2 ? null : "ada"),
    );
  }
}
const period = { from: "2026-11-19", to: "2026-11-21" };
const textIn = (world: RetentionWorld, format: string) => {
  const key = [...world.objects.keys()].find((one) => one.startsWith("test/exports/") && one.endsWith(format)) ?? "";
  return { key, text: new TextDecoder().decode(world.objects.get(key)) };
};
/** Read by somebody else's parser. */
const parsed = (csv: string) =>
  JSON.parse(
    execFileSync(
      "python3",
      ["-c", "import csv,json,sys; print(json.dumps(list(csv.DictReader(sys.stdin.read().splitlines(True)))))"],
      {
        input: csv,
      },
    ).toString(),
  );

describe("exporting the audit log", () => {
  it("GL-20 AP-23 writes a period as CSV and JSON, both days included, signed, with the hashes that hold the chain together", async () => {
    const world = retentionWorld();
    await haveDeeds(world);

    const answer = await exportAudit(world.ports)(period, "call-9");

    expect(answer.verdict).toBe(
      "The audit log is whole: 10 entries, each with the hash of the one before. Exported: 3 deeds from 2026-11-19 to 2026-11-21",
    );
    const { key, text } = textIn(world, ".json");
    const { deeds, chain, ...about } = JSON.parse(text);
    expect(about).toMatchObject({ schema: 1, stage: "test", ...period });
    expect(deeds.map(({ to, what, who }: Deed) => [to, what, who.claimed])).toEqual([
      ["point-3", "prune", "ada"],
      ["point-2", "prune", null],
      ["point-1", "prune", "ada"],
    ]);
    const last = world.objects.get(world.ports.layout.auditEntry("2026-11-22", 1)) ?? new Uint8Array();
    expect(chain).toEqual({ entries: 10, lastSha256: sha256(last) });
    const csv = textIn(world, ".csv");
    expect(answer.figures["keys"]).toEqual([csv.key, key]);
    for (const one of [csv, { key, text }]) {
      const signature = world.ports.layout.proofSignature(one.key, sha256(one.text));
      expect(world.objects.has(signature)).toBe(true);
      for (const place of [one.key, signature]) expect(placeOf("test", place)?.kind).toBe("audit export");
    }
    expect(answer.next).toContain(`aws s3 cp s3://the-bucket/${csv.key} .`);
  });

  it("GL-20 N10 writes CSV that another parser reads as it was meant, and in which nothing is a formula", async () => {
    const world = retentionWorld();
    await haveDeeds(world);
    await exportAudit(world.ports)(period, "call-9");

    const rows = parsed(textIn(world, ".csv").text);

    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({ claimed: "ada", call: "call-1", what: "prune", to: "point-3", outcome: "gone" });
    expect(Object.keys(rows[0])).toEqual([
      ...["at", "day", "number", "claimed", "call", "what", "to", "because", "outcome", "previous"],
    ]);
    expect(rows[1].claimed).toBe("");
    expect(rows[2].because).toBe(`'=HYPERLINK("http://evil"),\n"quoted"`);
  });

  it("GL-20 exports nothing of a broken chain, and says where it breaks; nor a period that ends before it begins", async () => {
    const world = retentionWorld();
    await haveDeeds(world);
    world.objects.delete(world.ports.layout.auditEntry("2026-11-20", 1));

    await expect(exportAudit(world.ports)(period, "call-9")).rejects.toMatchObject({
      name: "AuditBroken",
      message: expect.stringMatching(
        /Nothing was exported:\ntest\/audit\/2026\/11\/20\/000002.json should be number 1 of 2026-11-20/,
      ),
    });
    await expect(exportAudit(world.ports)({ from: "2026-02-01", to: "2026-01-01" }, "call-9")).rejects.toMatchObject({
      name: "InputInvalid",
    });
    expect([...world.objects.keys()].filter((key) => key.startsWith("test/exports/"))).toEqual([]);
  });
});
