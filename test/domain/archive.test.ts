import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArchiveClass, type Archived, frozenOf, Retrieval, THAW_AT_MOST_MS, thawMs } from "#domain/archive.ts";

const HOUR_MS = 3_600_000;
const archived = fc.record({
  storageClass: fc.constantFrom(...ArchiveClass.options),
  thaw: fc.constantFrom<Archived["thaw"]>("not asked for", "under way", "done"),
});
const objects = fc.array(fc.record({ bytes: fc.nat(), archived: fc.option(archived, { nil: undefined }) }));

describe("a thaw", () => {
  it("is told to take what AWS says of its class and its retrieval, and of a large object by its size", () => {
    const told = ArchiveClass.options.map((storageClass) =>
      Retrieval.options.map((retrieval) => thawMs(storageClass, retrieval, 1)),
    );
    expect(told).toEqual([
      [5 * 60_000, 5 * HOUR_MS, 12 * HOUR_MS],
      [undefined, 12 * HOUR_MS, 48 * HOUR_MS],
    ]);
    expect(thawMs("GLACIER", "Expedited", 300_000_000_000)).toBe(5 * 60_000 + 1_000_000);
  });

  it("is waited for by a restore for longer than the slowest class takes by default", () => {
    for (const storageClass of ArchiveClass.options)
      expect(thawMs(storageClass, "Standard", 1)).toBeLessThan(THAW_AT_MOST_MS);
  });

  it("takes as long as its slowest object, and nothing where all that lies in an archive can be read", () => {
    fc.assert(
      fc.property(objects, fc.constantFrom(...Retrieval.options), (some, retrieval) => {
        const frozen = frozenOf(some, retrieval);
        const inArchive = some.filter((one) => one.archived);
        const waited = inArchive.filter((one) => one.archived?.thaw !== "done");
        expect(frozen === undefined).toBe(inArchive.length === 0);
        if (!frozen) return;
        expect(frozen.frozenBytes).toBe(waited.reduce((sum, { bytes }) => sum + bytes, 0));
        expect(frozen.takesMs === 0).toBe(waited.length === 0);
        for (const one of waited)
          expect(frozen.takesMs).toBeGreaterThanOrEqual(
            thawMs(one.archived?.storageClass ?? "GLACIER", retrieval, one.bytes) ?? Number.POSITIVE_INFINITY,
          );
      }),
    );
  });
});
