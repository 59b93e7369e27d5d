import { FormatIncomplete } from "#domain/errors.ts";
import type { Bytes } from "./names.ts";

/** POSIX.1-2001 (pax) archives as GNU tar writes them: https://www.gnu.org/software/tar/manual/html_node/Standard.html */
export const BLOCK_BYTES = 512;

export type TarKind = "file" | "hardLink" | "symlink" | "character" | "block" | "directory" | "fifo";
const KINDS: Record<string, TarKind> = {
  "0": "file",
  "\0": "file",
  "1": "hardLink",
  "2": "symlink",
  "3": "character",
  "4": "block",
  "5": "directory",
  "6": "fifo",
};
export type Header = {
  type: string;
  path: Bytes;
  target: Bytes;
  mode: number;
  uid: number;
  gid: number;
  bytes: number;
  modified: string;
  device: string;
};

/** One entry, all of it that is restored but its content. */
export type TarEntry = Omit<Header, "type"> & { kind: TarKind; attributes: [name: string, value: Bytes][] };

export type Pax = ReadonlyMap<string, Bytes>;

export function parseHeader(block: Buffer): Header {
  if (number(block, 148, 8) !== checksum(block))
    throw new FormatIncomplete("the tar has a header whose checksum is wrong");
  if (block.toString("latin1", 257, 262) !== "ustar")
    throw new FormatIncomplete("the tar has a header that is not POSIX");
  const prefix = text(block, 345, 155);
  const name = text(block, 0, 100);
  return {
    type: String.fromCharCode(block[156] ?? 0),
    path: prefix === "" ? name : `${prefix}/${name}`,
    target: text(block, 157, 100),
    mode: number(block, 100, 8) & 0o7777,
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    bytes: number(block, 124, 12),
    modified: String(number(block, 136, 12)),
    device: `${number(block, 329, 8)}:${number(block, 337, 8)}`,
  };
}

/** `<length> <key>=<value>\n`, of which the length counts all. Values are bytes. */
export function parsePax(data: Buffer): Pax {
  const found = new Map<string, Bytes>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = Number(space < 0 ? Number.NaN : data.toString("latin1", at, space));
    const record = data.subarray(space + 1, at + length);
    const equals = record.indexOf(0x3d);
    if (!(length > 0) || at + length > data.length || equals < 0 || record.at(-1) !== 0x0a)
      throw new FormatIncomplete("the tar has an extended header that can't be read");
    found.set(record.toString("latin1", 0, equals), record.toString("latin1", equals + 1, record.length - 1));
    at += length;
  }
  return found;
}

/** What an extended header says goes before what the header has room for. Throws for names that would lead out of the tree. */
export function entryOf(header: Header, pax: Pax): TarEntry {
  const kind = KINDS[header.type];
  if (!kind) throw new FormatIncomplete(`the tar has an entry of the unknown type ${JSON.stringify(header.type)}`);
  const { type: _, ...own } = header;
  const target = pax.get("linkpath") ?? own.target;
  return {
    kind,
    path: insideTree(pax.get("GNU.sparse.name") ?? pax.get("path") ?? own.path),
    target: kind === "hardLink" ? insideTree(target) : target,
    mode: own.mode,
    uid: wholeNumber(pax.get("uid"), own.uid),
    gid: wholeNumber(pax.get("gid"), own.gid),
    bytes: wholeNumber(pax.get("GNU.sparse.realsize") ?? pax.get("size"), own.bytes),
    modified: (pax.get("mtime") ?? own.modified).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, ""),
    device: kind === "character" || kind === "block" ? own.device : "",
    attributes: [...pax].filter(([key]) => /^SCHILY\.(xattr|acl)\./.test(key)).sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

/** X8: `./a/b/` is `a/b`; anything that could lie elsewhere is refused before a byte of it reaches a tool. */
function insideTree(name: Bytes): Bytes {
  const parts = name.replace(/\/$/, "").split("/");
  if (parts[0] !== "." || parts.slice(1).some((part) => part === "" || part === "." || part === ".."))
    throw new FormatIncomplete(`the tar has an entry outside of its tree: ${JSON.stringify(name)}`);
  return parts.slice(1).join("/");
}

export function wholeNumber(value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const parsed = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(parsed))
    throw new FormatIncomplete(`the tar has a number that can't be read: ${JSON.stringify(value.slice(0, 40))}`);
  return parsed;
}

function text(block: Buffer, at: number, length: number): Bytes {
  const field = block.toString("latin1", at, at + length);
  const end = field.indexOf("\0");
  return end < 0 ? field : field.slice(0, end);
}

/** Octal digits, or, with the highest bit set, the number itself in big-endian bytes. */
function number(block: Buffer, at: number, length: number): number {
  if ((block[at] ?? 0) >= 0x80) {
    let value = (block[at] ?? 0) & 0x40 ? -1 : 0; // two's complement: times before 1970
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] ?? 0);
    return value;
  }
  const digits = text(block, at, length).trim();
  if (!/^[0-7]*$/.test(digits)) throw new FormatIncomplete("the tar has a header that can't be read");
  return Number.parseInt(digits || "0", 8);
}

/** Of all bytes of the header, with its own field as spaces. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK_BYTES; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  return sum;
}
