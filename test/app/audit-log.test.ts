import { describe, expect, it } from "vitest";
import { auditLog, proveAudit } from "#app/audit-log.ts";
import { readAudit } from "#app/read-audit.ts";
import { createSigned } from "#app/signed-objects.ts";
import type { Deed } from "#domain/audit.ts";
import { daysAgo, retentionWorld } from "../support/retention-world.ts";

const deed = (to: string): Deed => ({
  who: { claimed: "ada", call: "call-1" },
  ...{ what: "prune", to, because: "old", outcome: "gone" },
});
const written = (entries: Awaited<ReturnType<typeof proveAudit>>["entries"]) =>
  entries.flatMap(({ entry }) => ("nextDay" in entry ? [] : [entry.to]));

describe("the audit log", () => {
  it("AP-23 GL-20 is one chain, whoever writes to it at the same time and across days", async () => {
    const world = retentionWorld();
    const writers = Array.from({ length: 8 }, (_, index) => {
      const clock = () => daysAgo(index % 2 === 0 ? 1 : 0); // half of them live on the day before
      return auditLog({ ...world.ports, clock });
    });
    const wanted = writers.flatMap((_, writer) => ["a", "b", "c", "d", "e"].map((one) => `${one}${writer}`));

    await Promise.all(
      writers.map(async (audit, writer) => {
        for (const one of ["a", "b", "c", "d", "e"]) await audit(deed(`${one}${writer}`));
      }),
    );

    const { entries, breaks } = await proveAudit(world.ports);
    expect(breaks).toEqual([]);
    expect(written(entries).toSorted()).toEqual(wanted.toSorted());
    expect([...new Set(entries.map(({ day }) => day))]).toEqual(["1970-01-01", "2026-11-21", "2026-11-22"]);
    expect((await readAudit(world.ports)({ newest: 3 })).verdict).toBe(
      "The audit log is whole: 42 entries, each with the hash of the one before",
    );
  });

  it("says where an entry was taken away, and does not believe one that somebody else has written", async () => {
    const world = retentionWorld();
    for (const one of ["a", "b", "c"]) await world.ports.audit(deed(one));
    const key = world.ports.layout.auditEntry("2026-11-22", 2);

    const second = world.objects.get(key);
    const other = new TextDecoder().decode(second).replace("old", "new");
    world.objects.delete(key);
    expect((await readAudit(world.ports)({ newest: 3 })).verdict).toBe("The audit log is BROKEN at 1 places");
    world.objects.set(key, new TextEncoder().encode(other));
    await expect(readAudit(world.ports)({ newest: 3 })).rejects.toMatchObject({ name: "SignatureInvalid" });
    world.objects.delete(key);
    await createSigned(world.ports, key, (hash) => world.ports.layout.proofSignature(key, hash), other); // by whoever may sign
    expect((await proveAudit(world.ports)).breaks).toEqual([
      "test/audit/2026/11/22/000003.json does not carry the hash of the entry before it",
    ]);
  });
});
