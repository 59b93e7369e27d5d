import { FormatIncomplete } from "#domain/errors.ts";
import { commandOfItsOwn } from "./archive-commands.ts";

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
  const list = new ListReader();
  for await (const chunk of bytes) if (list.push(chunk)) return list.entries;
  throw cutOff();
}

/** The same bytes, held back until the list at their beginning was read to its end. Throws `FormatIncomplete`. */
export async function* afterItsList(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const list = new ListReader();
  const heldBack: Uint8Array[] = [];
  let isRead = false;
  for await (const chunk of bytes) {
    if (isRead) {
      yield chunk;
      continue;
    }
    heldBack.push(chunk);
    isRead = list.push(chunk);
    if (isRead) yield* heldBack.splice(0);
  }
  if (!isRead) throw cutOff();
}

const cutOff = () => new FormatIncomplete("the archive is cut off in its list of contents");

class ListReader {
  readonly entries: ArchiveEntry[] = [];
  readonly #frames = archiveList((entry) => this.entries.push(entry));
  #wanted = this.#frames.next(EMPTY);
  #rest: Buffer = EMPTY;

  /** Whether the list is whole. */
  push(chunk: Uint8Array): boolean {
    const bytes = Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (!this.#wanted.done && bytes.length - at >= this.#wanted.value) {
      const from = at;
      at += this.#wanted.value;
      this.#wanted = this.#frames.next(bytes.subarray(from, at));
    }
    this.#rest = bytes.subarray(at);
    return this.#wanted.done === true;
  }
}
const EMPTY = Buffer.alloc(0);

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
  yield* string(); // how to drop it
  const copy = (yield* string()) ?? "";
  const schema = (yield* string()) ?? "";
  yield* string();
  yield* string(); // tablespace, access method
  if (minor >= 16) yield* int(); // relkind
  yield* string();
  yield* string(); // owner, WITH OIDS
  const needs: number[] = [];
  for (let one = yield* string(); one !== undefined; one = yield* string()) needs.push(Number(one));
  yield 1 + offsetSize; // where its data lies: unknown in a pipe
  const problem = commandOfItsOwn({ kind, schema, name, definition, copy, hasBlock });
  if (problem !== undefined) throw new FormatIncomplete(`the archive was not written by pg_dump: ${problem}`);
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
