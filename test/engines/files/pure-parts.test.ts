import fc from "fast-check";
import { expect, it } from "vitest";
import { ContentDigest } from "#engines/files/content-digest.ts";
import { bytesOf, fromShown, fromText, shown } from "#engines/files/names.ts";
import { selectionOf } from "#engines/files/patterns.ts";
import { parseHeader, parsePax } from "#engines/files/tar-header.ts";
import { tarWords } from "#engines/files/tar-words.ts";

const anyName = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));

it("N1: shows every name in printable text, and finds the same bytes in it again", () => {
  fc.assert(
    fc.property(fc.oneof(anyName, fc.string({ unit: "grapheme" }).map(fromText)), (name) => {
      expect(fromShown(shown(name))).toBe(name);
      expect(shown(name)).toMatch(/^[^\p{C}]*$/u);
    }),
    { numRuns: 2_000 },
  );
  expect(shown(fromText("käse 🧀"))).toBe("käse 🧀");
  expect(shown("a\n\xff\\")).toBe(String.raw`a\x0a\xff\x5c`);
  expect(bytesOf(fromShown(String.raw`\xff`))).toEqual(Buffer.from([255]));
});

/** Runs of zeros and of other bytes, as they lie about in files. */
const content = fc
  .array(fc.tuple(fc.nat(9_000), fc.oneof(fc.constant(0), fc.nat(255))), { maxLength: 8 })
  .map((runs) => Buffer.concat(runs.map(([length, byte]) => Buffer.alloc(length, byte))));

const digestOf = (pieces: { offset: number; bytes: Buffer }[]) => {
  const digest = new ContentDigest();
  for (const { offset, bytes } of pieces) digest.write(offset, bytes);
  return digest.digest().toString("hex");
};
const cut = (bytes: Buffer, at: number[]) => {
  const cuts = [...new Set([0, ...at.map((one) => one % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, index) => ({ offset: cuts[index] ?? 0, bytes: bytes.subarray(cuts[index], end) }));
};

it("gives content the same digest however it is cut, and whether its zeros are stored or left out", () => {
  fc.assert(
    fc.property(
      content,
      fc.array(fc.nat(100_000), { maxLength: 6 }),
      fc.array(fc.nat(100_000), { maxLength: 6 }),
      (bytes, one, other) => {
        const whole = digestOf([{ offset: 0, bytes }]);
        expect(digestOf(cut(bytes, one))).toBe(whole);
        expect(digestOf(cut(bytes, other).filter((piece) => piece.bytes.some((byte) => byte !== 0)))).toBe(whole);
      },
    ),
    { numRuns: 500 },
  );
});

it("gives other content another digest: a bit that is changed, a block that has moved", () => {
  fc.assert(
    fc.property(
      content.filter(({ length }) => length > 0),
      fc.nat(),
      fc.nat(7),
      (bytes, at, bit) => {
        const changed = Buffer.from(bytes);
        changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ (1 << bit);
        expect(digestOf([{ offset: 0, bytes: changed }])).not.toBe(digestOf([{ offset: 0, bytes }]));
      },
    ),
    { numRuns: 500 },
  );
  const block = Buffer.alloc(4_096, 1);
  expect(digestOf([{ offset: 4_096, bytes: block }])).not.toBe(digestOf([{ offset: 8_192, bytes: block }]));
});

it.each([
  ["**/*.part", "a/new\nline.part", true],
  ["**/*.part", "new\nfolder/x.part", true],
  ["**/*.part", "x.part", true],
  ["*.part", "a/x.part", false],
  ["cache", "cache", true],
  ["cache/**", "cache/deep/file", true],
  ["**/.env", ".env", true],
  ["!(x)", "y", false],
  ["!x", "y", false],
  ["uploads/{2025,2026}/*", "uploads/2026/cv.pdf", true],
  ["käse/*", fromText("käse/brot"), true],
  ["**", "not-\xff-utf8", true],
])("matches %j with %j as a glob does: %s", (pattern, path, matches) => {
  expect(selectionOf({ include: [pattern] }).isIncluded(path)).toBe(matches);
  expect(selectionOf({ exclude: [pattern] }).isExcluded(path)).toBe(matches);
});

it("looks into those folders only in which something may be included", () => {
  const { mayHold } = selectionOf({ include: ["etc/ssl/**", "uploads/2026"] });

  expect(["", "etc", "etc/ssl", "etc/ssl/deep", "uploads", "home", "etc2"].map(mayHold)).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

it("takes tar at its word, quoted names and all, and nothing else", () => {
  const words = tarWords();

  words.hear(
    String.raw`tar: "./a\nb\377\"\\: file changed as we read it": Warning: Cannot stat: No such file or directory`,
  );
  words.hear('tar: "./log": File shrank by 12 bytes; padding with zeros');
  words.hear('tar: "./log": file changed as we read it');
  words.judge();

  expect(words.vanished).toEqual({ count: 1, first: ['a\nb\xff"\\: file changed as we read it'] });
  expect(words.changed).toEqual({ count: 1, first: ["log"] });
  words.hear('tar: "./x": Cannot open: Permission denied');
  expect(() => words.judge()).toThrow("Permission denied");
});

it("N3: refuses any bytes as a header or an extended header without a crash", () => {
  const orNamed = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      expect(error).toMatchObject({ name: "FormatIncomplete" });
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), (bytes) =>
      orNamed(() => parseHeader(Buffer.from(bytes))),
    ),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.stringMatching(/^\d+ [a-z]+=.*\n?/).map((text) => Buffer.from(text)),
      ),
      (bytes) => orNamed(() => parsePax(Buffer.from(bytes))),
    ),
    { numRuns: 2_000 },
  );
});
