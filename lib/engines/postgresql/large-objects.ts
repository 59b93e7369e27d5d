import type { Client } from "pg";
import { z } from "zod";
import type { Facts } from "#domain/facts.ts";
import { privileges } from "./catalog-sql.ts";
import { rows } from "./connection.ts";

/** Reading them all twice is only done up to here; sizes, owners and privileges are compared in any case. */
const MOST_BYTES_HASHED = 4 * 1024 ** 3;

/** `{ count, bytes, listSha256, contentsSha256 }`, within a transaction. Their oids are kept by a restore. */
export async function largeObjectFacts(client: Client): Promise<Facts> {
  const [list] = await rows(client, List, LIST);
  if (!list || list.count === 0) return { count: 0 };
  const { count, bytes, sha256: listSha256 } = list;
  if (bytes > MOST_BYTES_HASHED) return { count, bytes, listSha256, contentsSha256: "too many bytes to hash" };
  const [contents] = await rows(client, z.object({ sha256: z.string() }), CONTENTS);
  return { count, bytes, listSha256, contentsSha256: contents?.sha256 ?? "none" };
}

const List = z.object({ count: z.int(), bytes: z.coerce.number(), sha256: z.string() });

// Over SQL functions, since pg_largeobject itself is closed to all but superusers. 262144 is INV_READ, 2 is SEEK_END.
const SIZES = `
  select o.oid, opened.fd, lo_lseek64(opened.fd, 0, 2) as bytes, o.lomowner, o.lomacl
  from pg_largeobject_metadata o, lateral (select lo_open(o.oid, 262144) as fd offset 0) opened`;

const LIST = `
  select count(*)::int as count, coalesce(sum(bytes), 0) as bytes,
    encode(sha256(convert_to(coalesce(string_agg(format('%s %s %s %s', oid, bytes, pg_get_userbyid(lomowner),
      ${privileges("lomacl", "L", "lomowner")}), E'\\n' order by oid), ''), 'UTF8')), 'hex') as sha256
  from (select *, lo_close(fd) from (${SIZES}) opened offset 0) sizes`;

const CHUNK = 1024 * 1024;
const CONTENTS = `
  select encode(sha256(convert_to(coalesce(string_agg(md5(lo_get(oid, start, ${CHUNK})), '' order by oid, start), ''), 'UTF8')), 'hex') as sha256
  from (select *, lo_close(fd) from (${SIZES}) opened offset 0) sizes, generate_series(0::bigint, greatest(bytes - 1, 0), ${CHUNK}) start`;
