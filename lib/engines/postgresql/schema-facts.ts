import type { Client } from "pg";
import { z } from "zod";
import type { Facts } from "#domain/facts.ts";
import { rows } from "./connection.ts";
import { objectListings } from "./object-listings.ts";
import { relationListings } from "./relation-listings.ts";

/**
 * SHA-256 per kind of object over a listing of the catalogs: the same in a database and in a faithful restore of it,
 * under any name and oids. Expressions are left out: a restore may write `x IN (…)` in another way.
 */
export async function schemaFacts(client: Client): Promise<Facts> {
  const facts: Facts = {};
  for (const [kind, lines] of Object.entries(LISTINGS)) {
    const [found] = await rows(client, Hashed, hashOf(lines));
    if (found && found.count > 0) facts[kind] = `${found.count}, SHA-256 ${found.sha256}`;
  }
  return facts;
}

const LISTINGS = { ...relationListings, ...objectListings };

const Hashed = z.object({ count: z.int(), sha256: z.string() });
const hashOf = (lines: string) => `
  select count(*)::int as count,
    encode(sha256(convert_to(coalesce(string_agg(line, E'\\n' order by line collate "C"), ''), 'UTF8')), 'hex') as sha256
  from (${lines}) listing`;
