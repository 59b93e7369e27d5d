import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

type Argument = string | number | Buffer;
type Command = readonly [string, ...Argument[]];

/** Writes every command that makes the sample keys, in the protocol's own form. The same bytes each time. */
export async function writeRedisSeed(file: string): Promise<void> {
  await pipeline(inBatches(seedCommands()), createWriteStream(file));
}

const year2036 = Date.UTC(2036, 0, 1); // lifetimes are absolute and far away: they neither differ between builds nor run out
const hash = (of: string | number, length = 32) =>
  createHash("sha256").update(String(of)).digest("hex").slice(0, length);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

function* seedCommands(): Generator<Command> {
  yield ["SELECT", 0];
  yield* sessions();
  yield* collections();
  yield* streams();
  yield* awkward();
  yield ["SELECT", 1];
  for (const n of numbers(12_000))
    yield n % 3 === 0
      ? ["SET", `cache:page:${n}`, `<html>${hash(n, 64)}</html>`, "PXAT", year2036 + n]
      : ["SET", `cache:page:${n}`, hash(n, 64)];
  yield ["SELECT", 5];
  for (const n of numbers(500)) yield ["HSET", `flag:${n}`, "name", `flag ${n}`, "on", n % 2, "share", n / 500];
}

function* sessions(): Generator<Command> {
  for (const n of numbers(70_000)) {
    const session = JSON.stringify({
      user: n,
      token: hash(`token${n}`, 48),
      cart: n % 4,
      agent: hash(`agent${n % 50}`, 40),
      csrf: hash(`csrf${n}`, 48),
      trace: hash(`trace${n}`, 64),
    });
    yield n % 10 === 0
      ? ["SET", `session:${hash(n)}`, session]
      : ["SET", `session:${hash(n)}`, session, "PXAT", year2036 + n * 1000];
  }
  for (const n of numbers(12_000)) {
    yield [
      "HSET",
      `cart:${n}`,
      "items",
      n % 9,
      "total",
      (n * 7919) % 100_000,
      "note",
      n % 5 === 0 ? "" : hash(`note${n}`, 20),
    ];
    if (n % 6 === 0) yield ["HPEXPIREAT", `cart:${n}`, year2036 + n, "FIELDS", 1, "note"]; // a lifetime of one field
    if (n % 8 === 0) yield ["PEXPIREAT", `cart:${n}`, year2036 + n * 60_000];
  }
}

function* collections(): Generator<Command> {
  for (const n of numbers(2_000)) yield ["RPUSH", `queue:${n % 20}`, hash(n, 24), "", `job ${n}`];
  for (const n of numbers(3_000)) yield ["SADD", `tags:${n}`, `tag:${n % 7}`, `tag:${n % 11}`, hash(n, 8)];
  for (const n of numbers(500)) yield ["SADD", "set:of-integers", n * 3];
  for (const n of numbers(20_000)) yield ["ZADD", "leaderboard", ((n * 104_729) % 1_000_003) / 8, `player:${n}`];
  yield [
    "ZADD",
    "scores:extreme",
    "-inf",
    "least",
    "inf",
    "most",
    "1e-300",
    "tiny",
    "-0.0",
    "zero",
    "1.7976931348623157e308",
    "huge",
  ];
  for (const n of numbers(5_000)) yield ["SETBIT", "seen:2026-01-01", (n * 7_919) % 1_000_000, 1];
  for (const n of numbers(5_000)) yield ["PFADD", "visitors:2026-01", `visitor:${n}`];
  yield ["PFADD", "visitors:sparse", "one", "two"];
  for (const n of numbers(400))
    yield ["GEOADD", "shops", -180 + ((n * 0.9) % 359), -80 + ((n * 0.37) % 160), `shop:${n}`];
  for (const n of numbers(4_000)) yield ["HSET", "hash:large", `field:${n}`, hash(`field${n}`, 40)];
  yield ["FUNCTION", "LOAD", "#!lua name=fleet\nredis.register_function('fleet_ping', function() return 'pong' end)"];
}

function* streams(): Generator<Command> {
  const firstMs = Date.UTC(2026, 0, 1);
  const idOf = (n: number) => `${firstMs + n * 250}-${n % 3}`;
  for (const n of numbers(5_000))
    yield ["XADD", "events", idOf(n), "kind", n % 2 === 0 ? "login" : "purchase", "user", n, "trace", hash(n, 16)];
  yield ["XDEL", "events", idOf(17), idOf(18)];
  yield ["XGROUP", "CREATE", "events", "billing", idOf(1_000), "ENTRIESREAD", 1_000];
  yield ["XGROUP", "CREATE", "events", "mail", "0", "ENTRIESREAD", 0];
  yield ["XGROUP", "CREATECONSUMER", "events", "mail", "idle"];
  // Pending: handed out, not acknowledged. Claiming with FORCE says when, which reading does not.
  for (const n of numbers(60))
    yield [
      "XCLAIM",
      "events",
      "billing",
      `worker-${n % 3}`,
      0,
      idOf(900 + n),
      "TIME",
      firstMs + n,
      "RETRYCOUNT",
      n % 4,
      "FORCE",
      "JUSTID",
    ];
  yield ["XADD", "events:emptied", "5-1", "a", "b"];
  yield ["XDEL", "events:emptied", "5-1"]; // no entries, but a last id
  yield ["XGROUP", "CREATE", "events:emptied", "late", "$"];
}

function* awkward(): Generator<Command> {
  yield ["SET", "value:empty", ""];
  yield ["SET", "value:integer", "9223372036854775807"];
  yield [
    "SET",
    "value:large",
    Buffer.concat(numbers(65_536).map((n) => createHash("sha512").update(`large${n}`).digest())),
  ]; // 4 MiB that do not compress
  yield ["SET", "value:repetitive", "the same again. ".repeat(65_536)];
  yield ["SET", "value:binary", Buffer.from(numbers(256).map((n) => n - 1))];
  yield ["SET", Buffer.from([0x00, 0xff, 0x0d, 0x0a, 0x24, 0x80]), "a key of bytes"];
  yield ["SET", 'key with spaces, "quotes"\nand a line', "x"];
  yield ["SET", "ключ:☕:🧯", "unicode"];
  yield ["SET", "k".repeat(10_000), "a long key"];
  yield ["SET", "{slot}:{other}", "braces"];
  yield ["SET", "", "the empty key"];
  yield ["RPUSH", "list:of-large", ...numbers(5).map((n) => hash(n, 64).repeat(2_000))];
  yield ["SET", "expires:in-2099", "x", "PXAT", Date.UTC(2099, 11, 31, 23, 59, 59, 999)];
}

function* inBatches(commands: Iterable<Command>): Generator<Buffer> {
  let batch: Buffer[] = [];
  for (const command of commands) {
    batch.push(encoded(command));
    if (batch.length === 5_000) {
      yield Buffer.concat(batch);
      batch = [];
    }
  }
  yield Buffer.concat(batch);
}

function encoded(command: Command): Buffer {
  const parts = command.flatMap((argument) => {
    const bytes = Buffer.isBuffer(argument) ? argument : Buffer.from(String(argument));
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")];
  });
  return Buffer.concat([Buffer.from(`*${command.length}\r\n`), ...parts]);
}
