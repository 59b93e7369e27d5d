import { z } from "zod";
import type { Facts } from "#domain/facts.ts";
import { sha256 } from "#domain/hashes.ts";
import type { RedisLink } from "./connection.ts";
import { keysOf, readInfo } from "./info.ts";
import { surveyScript } from "./survey-script.ts";

export type Survey = {
  /** The same for the same RDB whenever they are counted: they cover keys whose time has passed. */
  facts: Facts;
  /** Keys that are still alive now. */
  alive: number;
  /** A sum over key and expiry of every key that lives beyond the instant that was asked about. */
  expiries: Facts;
  /** What the data takes in memory. */
  bytes: number;
};

const KEYS_A_PAGE = 5_000; // some 10 ms each
/** Hashing every expiry takes time: only who compares two servers asks for it. */
const NEVER = new Date(8.64e15);
const SUM_BELOW = 281_474_976_710_656; // 2^48, as in the script: sums stay exact

const Page = z
  .tuple([z.string(), z.number(), z.number(), z.string(), z.string()])
  .rest(z.union([z.string(), z.number()]));

/**
 * Counts what a scratch server holds that has not been promoted (see `startScratch`). The digest is Redis' own: values of
 * all types, which keys and fields expire, in which database. How it is made may change with Redis, so it carries the version.
 */
export async function survey(link: RedisLink, expiriesAfter = NEVER): Promise<Survey> {
  const info = await readInfo(link);
  const databases: Facts = {};
  let alive = 0;
  let streams = 0;
  const expiries = { keys: 0, sum: 0 };
  for (const [database, { keys, expiring, fieldsExpiring }] of Object.entries(info.keyspace)) {
    const found = await surveyDatabase(link, database, expiriesAfter);
    alive += found.alive;
    streams = (streams + found.streams) % SUM_BELOW;
    expiries.keys += found.expiries.keys;
    expiries.sum = (expiries.sum + found.expiries.sum) % SUM_BELOW;
    databases[database] = { keys, expiring, hashesWithExpiringFields: fieldsExpiring, lasting: found.lasting };
  }
  return {
    facts: {
      keys: keysOf(info.keyspace),
      databases,
      streams: streams.toString(16),
      functions: await functions(link),
      digest: { [info.field("redis_version") ?? "unknown"]: String(await link.ask("DEBUG", "DIGEST")) },
    },
    alive,
    expiries: { keys: expiries.keys, digest: expiries.sum.toString(16) },
    bytes: info.number("used_memory_dataset"),
  };
}

async function surveyDatabase(link: RedisLink, database: string, after: Date) {
  const found = { alive: 0, streams: 0, lasting: {} as Record<string, number>, expiries: { keys: 0, sum: 0 } };
  await link.ask("SELECT", database);
  let cursor = "0";
  do {
    const reply = await link.ask("EVAL", surveyScript, "0", cursor, String(KEYS_A_PAGE), String(after.getTime()));
    const [next, keys, expiring, sum, streams, ...kinds] = Page.parse(reply);
    found.alive += keys;
    found.streams = (found.streams + Number(streams)) % SUM_BELOW;
    found.expiries.keys += expiring;
    found.expiries.sum = (found.expiries.sum + Number(sum)) % SUM_BELOW;
    for (let index = 0; index + 1 < kinds.length; index += 2) {
      const kind = String(kinds[index]);
      found.lasting[kind] = (found.lasting[kind] ?? 0) + Number(kinds[index + 1]);
    }
    cursor = next;
  } while (cursor !== "0");
  return found;
}

const Libraries = z.array(z.array(z.unknown()));

/** The hash of each library's code, by the library's name. */
async function functions(link: RedisLink): Promise<Facts> {
  const libraries = Libraries.parse(await link.ask("FUNCTION", "LIST", "WITHCODE"));
  return Object.fromEntries(
    libraries.map((library) => {
      const ofLibrary = (name: string) => String(library[library.indexOf(name) + 1]);
      return [ofLibrary("library_name"), sha256(ofLibrary("library_code"))];
    }),
  );
}
