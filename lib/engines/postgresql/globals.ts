import { Writable } from "node:stream";
import { type Node, parse } from "libpg-query";
import { FormatIncomplete } from "#domain/errors.ts";
import type { Command, ExitCodes, Input } from "#ports/commands.ts";
import { type Login, toolEnv } from "./connection.ts";
import { connectionString } from "./connection-string.ts";
import type { Tool } from "./tools-of-version.ts";

export const GLOBALS_PROOF = "it ends with pg_dumpall's own last line, and every statement in it parses";
const LAST_LINES = "\n--\n-- PostgreSQL database cluster dump complete\n--\n\n";

/** Roles, memberships, settings of roles, tablespaces. Without passwords where `pg_authid` is closed to the user. */
export const dumpGlobals = (pgDumpall: Tool, login: Login, database: string, withPasswords: boolean): Command => ({
  file: pgDumpall.file,
  args: [
    "--globals-only",
    "--no-password",
    `--database=${connectionString(database)}`,
    ...(withPasswords ? [] : ["--no-role-passwords"]),
  ],
  env: toolEnv(login, database),
});

/** Reads a copy to its end and judges it. `exitCodes` rejects with what `judge` throws. */
export function proveText(judge: (text: string) => unknown): Input {
  const chunks: Uint8Array[] = [];
  const judged = Promise.withResolvers<ExitCodes>();
  judged.promise.catch(() => {});
  const stream = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      chunks.push(chunk);
      done();
    },
    final(done) {
      const verdict = (async () => judge(Buffer.concat(chunks).toString("utf8")))();
      verdict.then(() => judged.resolve({}), judged.reject).finally(done);
    },
    destroy(error, done) {
      judged.reject(error ?? new FormatIncomplete("it was not read to its end")); // without effect after a verdict
      done(error);
    },
  });
  stream.on("error", () => {});
  return { stream, exitCodes: judged.promise };
}

/** A statement of the globals: what it is, and as it was written. */
export type Statement = { node: Node; sql: string };

/** Throws `FormatIncomplete` unless it is there to its last byte and parses. */
export async function parseGlobals(text: string): Promise<Statement[]> {
  if (!text.endsWith(LAST_LINES))
    throw new FormatIncomplete("the globals are cut off: pg_dumpall's last line is missing");
  const sql = text.replace(/^\\(un)?restrict [A-Za-z0-9]+$/gm, ""); // for psql alone; nothing else of its kind gets past the parser
  const bytes = Buffer.from(sql);
  try {
    const { stmts = [] } = await parse(sql);
    return stmts.flatMap(({ stmt, stmt_location: from = 0, stmt_len: length }) =>
      stmt ? [{ node: stmt, sql: bytes.subarray(from, length ? from + length : undefined).toString("utf8") }] : [],
    );
  } catch (error) {
    throw new FormatIncomplete(`the globals do not parse: ${error instanceof Error ? error.message : String(error)}`);
  }
}
