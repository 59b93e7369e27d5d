import { FormatIncomplete } from "#domain/errors.ts";

/** Asks for so many bytes at a time. */
export type Frames<T> = Generator<number, T, Buffer>;

/** One object in an archive's list of contents, in the words of `pg_dump`: `TABLE`, `FK CONSTRAINT`. Names are not quoted. */
export type ArchiveEntry = {
  id: number;
  kind: string;
  name: string;
  schema: string;
  definition: string;
  /** Ids of what has to be there first; of them only those count that are in the archive. */
  needs: number[];
  hasBlock: boolean;
};

const SIZE_BYTES = 5; // a sign and four bytes
const CUSTOM_FORMAT = 1;
const MOST_BYTES_OF_A_STRING = 1 << 30; // the server's own limit for one value

/** The list at the beginning of an archive; of the rest nothing is read. Throws `FormatIncomplete`. */
export async function readArchiveList(bytes: AsyncIterable<Uint8Array>): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  const frames = archiveList((entry) => entries.push(entry));
  let wanted = frames.next(Buffer.alloc(0));
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    rest = Buffer.concat([rest, chunk]);
    let at = 0;
    while (!wanted.done && rest.length - at >= wanted.value) {
      const from = at;
      at += wanted.value;
      wanted = frames.next(rest.subarray(from, at));
    }
    if (wanted.done) return entries;
    rest = rest.subarray(at);
  }
  throw new FormatIncomplete("the archive is cut off in its list of contents");
}

/** Header and list, as src/bin/pg_dump/pg_backup_archiver.c writes them. */
export function* archiveList(tell: (entry: ArchiveEntry) => void): Frames<void> {
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
  for (let left = yield* int(); left > 0; left--) tell(yield* entry(minor, offsetSize));
}

function* entry(minor: number, offsetSize: number): Frames<ArchiveEntry> {
  const id = yield* int();
  const hasBlock = (yield* int()) !== 0;
  yield* string();
  yield* string(); // its catalog and oid
  const name = (yield* string()) ?? "";
  const kind = (yield* string()) ?? "";
  yield* int(); // section
  const definition = (yield* string()) ?? "";
  yield* string();
  yield* string(); // how to drop and to copy it
  const schema = (yield* string()) ?? "";
  yield* string();
  yield* string(); // tablespace, access method
  if (minor >= 16) yield* int(); // relkind
  yield* string();
  yield* string(); // owner, WITH OIDS
  const needs: number[] = [];
  for (let one = yield* string(); one !== undefined; one = yield* string()) needs.push(Number(one));
  yield 1 + offsetSize; // where its data lies: unknown in a pipe
  return { id, kind, name, schema, definition, needs, hasBlock };
}

export function* int(): Frames<number> {
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
