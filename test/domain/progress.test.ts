import fc from "fast-check";
import { expect, it } from "vitest";
import { describeReading, pauseMs, percentOf, remainingMs } from "#domain/progress.ts";

const bytes = fc.nat({ max: 2 ** 45 });
const some = fc.integer({ min: 1, max: 2 ** 45 });

it("a percentage is whole, between 0 and 99 whatever comes, and never goes back while more is read", () => {
  fc.assert(
    fc.property(bytes, bytes, some, (one, other, totalBytes) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)].map((read) =>
        percentOf({ bytes: read, totalBytes }),
      );
      expect(Number.isInteger(less)).toBe(true);
      expect(less).toBeGreaterThanOrEqual(0);
      expect(more).toBeLessThanOrEqual(99);
      expect(more).toBeGreaterThanOrEqual(less ?? 100);
    }),
  );
});

it("half of it read takes as long again, and any part in proportion", () => {
  fc.assert(
    fc.property(some, some, fc.integer({ min: 1_000, max: 1e9 }), (one, other, elapsedMs) => {
      const [read, totalBytes] = [Math.min(one, other), Math.max(one, other)];
      const left = remainingMs({ bytes: read, totalBytes, elapsedMs });
      expect(left).toBe(Math.round((elapsedMs * (totalBytes - read)) / read));
    }),
  );
  expect(remainingMs({ bytes: 50, totalBytes: 100, elapsedMs: 60_000 })).toBe(60_000);
});

it.each([
  ["nobody knows how much it is", { bytes: 10, totalBytes: undefined, elapsedMs: 5_000 }],
  ["nothing has come", { bytes: 0, totalBytes: 100, elapsedMs: 5_000 }],
  ["it has only just begun", { bytes: 10, totalBytes: 100, elapsedMs: 999 }],
  ["more has come than was expected", { bytes: 101, totalBytes: 100, elapsedMs: 5_000 }],
])("no end is foretold where %s", (_, reading) => {
  expect(remainingMs(reading)).toBeUndefined();
  expect(describeReading(reading, true)).not.toContain("to go");
});

it("an expectation that may be wrong is told as one", () => {
  const reading = { bytes: 25_000_000, totalBytes: 100_000_000, elapsedMs: 20_000 };

  expect(describeReading(reading)).toBe("25 % (25 MB of 100 MB), 1m to go");
  expect(describeReading(reading, true)).toBe("about 25 % (25 MB of about 100 MB), about 1m to go");
  expect(describeReading({ ...reading, totalBytes: undefined })).toBe("25 MB so far");
});

it("12 hours are told of in some hundred notes, ten seconds apart at first", () => {
  const hours12 = 12 * 3_600_000;
  let notes = 0;
  for (let at = pauseMs(0, 10_000); at < hours12; at += pauseMs(at, 10_000)) notes++;

  expect(pauseMs(0, 10_000)).toBe(10_000);
  expect(notes).toBeLessThan(140);
});
