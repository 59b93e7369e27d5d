import { FormatIncomplete } from "#domain/errors.ts";

/** What a `pg_dump -Fc` archive says of itself. Names as they are, not quoted. */
export type ArchiveContents = {
  /** `[schema, table]` of each table whose rows are in it. */
  tables: [schema: string, table: string][];
  /** Where each sequence stands when it is restored. */
  sequences: { schema: string; name: string; value: string; isCalled: boolean }[];
  largeObjects: number;
};

/**
 * Follows the frames of an archive (src/bin/pg_dump/pg_backup_{archiver,custom}.c) and so knows where it must end:
 * `pg_restore` stops reading at the last row that it wants, and takes anything for granted that follows.
 */
export class ArchiveReader {
  readonly #frames = archive();
  /** What the frames want next: so many bytes, or all chunks of a block to be passed over. */
  #wanted = 0;
  /** What is still to come of the chunk that is being passed over. */
  #leftOfChunk = 0;
  #rest: Buffer = EMPTY;
  #contents: ArchiveContents | undefined;

  constructor() {
    this.#proceed(EMPTY);
  }

  /** Throws `FormatIncomplete` when these bytes can't be part of an archive. */
  push(chunk: Uint8Array): void {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (at < bytes.length) {
      if (this.#contents) throw new FormatIncomplete("the archive goes on after its end");
      if (this.#wanted === CHUNKS) {
        at = this.#passChunks(bytes, at);
        if (this.#wanted === CHUNKS) break;
      } else {
        if (bytes.length - at < this.#wanted) break;
        const from = at;
        at += this.#wanted;
        this.#proceed(bytes.subarray(from, at));
      }
    }
    this.#rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : EMPTY;
  }

  /** Throws `FormatIncomplete` unless the last byte was the last one of the archive. */
  end(): ArchiveContents {
    if (!this.#contents) throw new FormatIncomplete("the archive is cut off");
    return this.#contents;
  }

  /**
   * Passes over chunks, each behind its size, until the empty one that ends them or the end of these bytes; returns where
   * it stopped. pg_dump writes a chunk per row, so this is the one loop here that has to be fast.
   */
  #passChunks(bytes: Buffer, from: number): number {
    let at = from + this.#leftOfChunk;
    while (at + SIZE_BYTES <= bytes.length) {
      const size = bytes.readUInt32LE(at + 1);
      if (size > 0 && bytes[at] !== 0) throw new FormatIncomplete("the archive holds a chunk of negative size");
      at += SIZE_BYTES;
      if (size === 0) {
        this.#leftOfChunk = 0;
        this.#proceed(EMPTY);
        return at;
      }
      at += size;
    }
    this.#leftOfChunk = Math.max(0, at - bytes.length);
    return Math.min(at, bytes.length);
  }

  #proceed(bytes: Buffer): void {
    do {
      const { done, value } = this.#frames.next(bytes);
      if (done) {
        this.#contents = value;
        return;
      }
      this.#wanted = value;
    } while (this.#wanted === 0);
  }
}

const EMPTY = Buffer.alloc(0);
const CHUNKS = -1;
const SIZE_BYTES = 5; // a sign and four bytes
const CUSTOM_FORMAT = 1;
const BLOCK = { data: 1, largeObjects: 3 };
const MOST_BYTES_OF_A_STRING = 1 << 30; // the server's own limit for one value

type Frames<T> = Generator<number, T, Buffer>;

function* archive(): Frames<ArchiveContents> {
  const head = yield 11;
  const [major = 0, minor = 0, , intSize = 0, offsetSize = 0, format] = head.subarray(5);
  if (head.subarray(0, 5).toString("latin1") !== "PGDMP" || format !== CUSTOM_FORMAT || intSize !== 4)
    throw new FormatIncomplete("these are not the first bytes of a pg_dump archive");
  if (major !== 1 || minor < 14 || minor > 16)
    throw new FormatIncomplete(`archive version ${major}.${minor} is not one that holdfast can follow`);
  if (minor >= 15)
    yield 1; // how it is compressed
  else yield* int();
  for (let field = 0; field < 7; field++) yield* int(); // when it was made
  for (let name = 0; name < 3; name++) yield* string(); // database, server, pg_dump

  const contents: ArchiveContents = { tables: [], sequences: [], largeObjects: 0 };
  let blocks = 0;
  for (let left = yield* int(); left > 0; left--) {
    yield* int(); // dump id
    if ((yield* int()) !== 0) blocks++;
    yield* string();
    yield* string(); // its catalog and oid
    const tag = yield* string();
    const kind = yield* string();
    yield* int(); // section
    const definition = yield* string();
    yield* string();
    yield* string(); // how to drop and to copy it
    const schema = yield* string();
    yield* string();
    yield* string(); // tablespace, access method
    if (minor >= 16) yield* int(); // relkind
    yield* string();
    yield* string(); // owner, WITH OIDS
    while ((yield* string()) !== undefined); // what it depends on
    yield 1 + offsetSize; // where its data lies: unknown in a pipe
    if (kind === "TABLE DATA") contents.tables.push([schema ?? "", tag ?? ""]);
    if (kind === "SEQUENCE SET")
      contents.sequences.push({ schema: schema ?? "", name: tag ?? "", ...setval(definition) });
  }
  for (; blocks > 0; blocks--) contents.largeObjects += yield* block();
  return contents;
}

/** Passes over a block; how many large objects are in it. */
function* block(): Frames<number> {
  const kind = (yield 1)[0];
  yield* int(); // dump id
  if (kind === BLOCK.data) {
    yield CHUNKS;
    return 0;
  }
  if (kind !== BLOCK.largeObjects) throw new FormatIncomplete(`the archive holds a block of the unknown kind ${kind}`);
  let objects = 0;
  for (; (yield* int()) !== 0; objects++) yield CHUNKS; // per large object, by its oid
  return objects;
}

function* int(): Frames<number> {
  const bytes = yield SIZE_BYTES;
  const value = bytes.readUInt32LE(1);
  return bytes[0] === 0 ? value : -value;
}

function* string(): Frames<string | undefined> {
  const length = yield* int();
  if (length < 0) return undefined;
  if (length > MOST_BYTES_OF_A_STRING) throw new FormatIncomplete(`the archive holds a name of ${length} bytes`);
  return length === 0 ? "" : (yield length).toString("utf8");
}

function setval(definition = "") {
  const found = /^SELECT pg_catalog\.setval\('.*', (-?\d+), (true|false)\);\s*$/s.exec(definition);
  if (!found?.[1]) throw new FormatIncomplete(`the archive sets a sequence in an unknown way: ${definition}`);
  return { value: found[1], isCalled: found[2] === "true" };
}
