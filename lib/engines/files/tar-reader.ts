import { FormatIncomplete } from "#domain/errors.ts";
import { BLOCK_BYTES, entryOf, type Pax, parseHeader, parsePax, type TarEntry, wholeNumber } from "./tar-header.ts";

/** tar pads its output to whole records: a stream that ends elsewhere was cut off, even within the padding. */
export const RECORD_BYTES = 65_536;
const MOST_BYTES_OF_A_PAX_HEADER = 16 * 1024 * 1024;
const MOST_SEGMENTS = 4_000_000;

export type TarListener = {
  /** The next entry. What it answers says whether its bytes are passed on. */
  entry(entry: TarEntry): boolean;
  /** Content of that entry, in order; what is never told is a hole. */
  content(offset: number, bytes: Buffer): void;
  entryEnd(): void;
  /** The bytes of the archive itself, of the entries that were wanted, and its end. */
  pass?(bytes: Buffer): void;
};

/**
 * Follows the headers of a tar and so knows where it must end: GNU tar takes an archive without its end blocks for whole,
 * and one that is cut off between two entries, with a warning at most.
 */
export class TarReader {
  readonly #frames: Frames;
  readonly #listener: TarListener;
  #want: Want = 0;
  #rest: Buffer = EMPTY;
  #held: Buffer[] = [];
  #isWanted = true;
  #bytes = 0;
  #isOver = false;

  constructor(listener: TarListener) {
    this.#listener = listener;
    this.#frames = archive({
      entry: (entry) => {
        this.#isWanted = listener.entry(entry);
        const held = this.#held.splice(0);
        if (this.#isWanted) for (const bytes of held) listener.pass?.(bytes);
      },
      content: (offset, bytes) => listener.content(offset, bytes),
      entryEnd: () => listener.entryEnd(),
    });
    this.#proceed(EMPTY);
  }

  /** Throws `FormatIncomplete` when these bytes can't be part of a tar. */
  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (at < bytes.length && !this.#isOver) {
      const want = this.#want;
      if (typeof want === "object") {
        const taken = bytes.subarray(at, at + want.left);
        at += taken.length;
        want.left -= taken.length;
        if (this.#isWanted) this.#listener.pass?.(taken);
        want.take(taken);
        if (want.left === 0) this.#proceed(EMPTY);
      } else {
        if (bytes.length - at < want) break;
        const block = bytes.subarray(at, at + want);
        at += want;
        this.#held.push(block);
        this.#proceed(block);
      }
    }
    if (this.#isOver) this.#pad(bytes.subarray(at));
    this.#rest = this.#isOver ? EMPTY : Buffer.from(bytes.subarray(at));
    this.#held = this.#held.map((held) => Buffer.from(held)); // the chunk may be used again
  }

  /** Throws `FormatIncomplete` unless the archive has ended, and with a whole record. */
  end(): void {
    if (!this.#isOver)
      throw new FormatIncomplete(`the tar is cut off after ${this.#bytes} bytes: it has no end blocks`);
    if (this.#bytes % RECORD_BYTES !== 0)
      throw new FormatIncomplete(`the tar is cut off after ${this.#bytes} bytes, in the middle of its last record`);
  }

  #pad(bytes: Buffer): void {
    if (!isZero(bytes)) throw new FormatIncomplete("the tar goes on after its end");
    for (const held of this.#held.splice(0)) this.#listener.pass?.(held);
    this.#listener.pass?.(bytes);
  }

  #proceed(bytes: Buffer): void {
    for (;;) {
      const { done, value } = this.#frames.next(bytes);
      if (done) {
        this.#isOver = true;
        return;
      }
      this.#want = value;
      if (typeof value === "number" ? value > 0 : value.left > 0) return;
    }
  }
}

const EMPTY = Buffer.alloc(0);
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** So many bytes at once, or so many as they come. */
type Want = number | { left: number; take: (bytes: Buffer) => void };
type Frames = Generator<Want, void, Buffer>;
type Follower = Omit<TarListener, "entry" | "pass"> & { entry(entry: TarEntry): void };

function* archive(listener: Follower): Frames {
  let pax: Pax | undefined;
  for (;;) {
    const block = yield BLOCK_BYTES;
    if (block.equals(ZEROS)) break;
    const header = parseHeader(block);
    if (header.type === "x") {
      if (pax || header.bytes > MOST_BYTES_OF_A_PAX_HEADER)
        throw new FormatIncomplete("the tar has an extended header that belongs to nothing");
      const data = yield padded(header.bytes);
      refuseUnlessZero(data.subarray(header.bytes));
      pax = parsePax(data.subarray(0, header.bytes));
      continue;
    }
    yield* entry(listener, entryOf(header, pax ?? new Map()), pax ?? new Map(), header.bytes);
    pax = undefined;
  }
  if (pax || !(yield BLOCK_BYTES).equals(ZEROS)) throw new FormatIncomplete("the tar has one end block, and not two");
}

function* entry(listener: Follower, entry: TarEntry, pax: Pax, headerBytes: number): Frames {
  const bytes = entry.kind === "file" ? wholeNumber(pax.get("size"), headerBytes) : 0;
  listener.entry(entry);
  let left = bytes;
  if (pax.has("GNU.sparse.major")) {
    const { segments, mapBytes } = yield* sparseMap(pax);
    left -= mapBytes;
    for (const { offset, length } of segments) {
      left -= length;
      if (left < 0 || offset + length > entry.bytes)
        throw new FormatIncomplete("the tar has a wrong map of a sparse file");
      yield* content(listener, offset, length);
    }
    if (left !== 0) throw new FormatIncomplete("the tar has a wrong map of a sparse file");
  } else yield* content(listener, 0, bytes);
  yield { left: padded(bytes) - bytes, take: refuseUnlessZero };
  listener.entryEnd();
}

function* content(listener: Follower, from: number, length: number): Frames {
  let offset = from;
  yield {
    left: length,
    take: (bytes) => {
      listener.content(offset, bytes);
      offset += bytes.length;
    },
  };
}

/** Decimal lines, padded to whole blocks: how many segments, then offset and length of each. */
function* sparseMap(
  pax: Pax,
): Generator<Want, { segments: { offset: number; length: number }[]; mapBytes: number }, Buffer> {
  if (pax.get("GNU.sparse.major") !== "1" || pax.get("GNU.sparse.minor") !== "0")
    throw new FormatIncomplete("the tar has a sparse file in a format that holdfast can't follow");
  const numbers: number[] = [];
  let line = "";
  let mapBytes = 0;
  while (numbers.length === 0 || numbers.length < 1 + 2 * (numbers[0] ?? 0)) {
    const block: Buffer[] = [];
    yield { left: BLOCK_BYTES, take: (bytes) => void block.push(Buffer.from(bytes)) };
    mapBytes += BLOCK_BYTES;
    const lines = (line + Buffer.concat(block).toString("latin1")).split("\n");
    line = lines.pop() ?? "";
    for (const text of lines) numbers.push(wholeNumber(text, 0));
    if ((numbers[0] ?? 0) > MOST_SEGMENTS || line.length > BLOCK_BYTES * 2)
      throw new FormatIncomplete("the tar has a map of a sparse file that can't be read");
  }
  refuseUnlessZero(Buffer.from(line, "latin1"));
  const segments = Array.from({ length: numbers[0] ?? 0 }, (_, index) => ({
    offset: numbers[1 + 2 * index] ?? 0,
    length: numbers[2 + 2 * index] ?? 0,
  }));
  return { segments, mapBytes };
}

const isZero = (bytes: Buffer) => bytes.every((byte) => byte === 0);
function refuseUnlessZero(padding: Buffer): void {
  if (!isZero(padding)) throw new FormatIncomplete("the tar has padding that is not empty");
}
const padded = (bytes: number) => Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
