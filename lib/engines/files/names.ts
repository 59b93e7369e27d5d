/**
 * Names of files are bytes. Inside this engine a name is a string with one character per byte (latin1), so that nothing is
 * lost; `shown` is for people and for JSON.
 */
export type Bytes = string;

export const bytesOf = (name: Bytes): Buffer => Buffer.from(name, "latin1");
export const fromText = (text: string): Bytes => Buffer.from(text, "utf8").toString("latin1");

/** A name that anybody can read, and `fromShown` turns back: `\xHH` stands for each byte that is no printable text. */
export function shown(name: Bytes): string {
  const text = bytesOf(name).toString("utf8");
  return fromText(text) === name
    ? text.replace(/[\p{C}\p{Zl}\p{Zp}\\]/gu, (character) => escaped(fromText(character)))
    : name.replace(/[^\x20-\x5b\x5d-\x7e]/g, escaped);
}

export const fromShown = (text: string): Bytes =>
  fromText(text).replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const escaped = (bytes: Bytes) =>
  [...bytes].map((byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`).join("");

/** `3 sockets: a, b, c`; the rest of a long list is counted. */
export function listed(what: string, names: Iterable<Bytes>, count: number, most = 20): string {
  const first = [...names].slice(0, most).map(shown);
  return `${count.toLocaleString("en")} ${what}: ${first.join(", ")}${count > first.length ? ", …" : ""}`;
}
