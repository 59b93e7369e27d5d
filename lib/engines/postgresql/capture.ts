import { z } from "zod";
import { PreflightFailed } from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import type { CaptureResult, CaptureTools } from "#ports/engine.ts";
import { captureDatabase } from "./capture-database.ts";
import type { PostgresqlSource } from "./config.ts";
import { rows, withClient } from "./connection.ts";
import { dumpGlobals, GLOBALS_PROOF, parseGlobals, proveText } from "./globals.ts";
import {
  type DatabaseProperties,
  PROPERTIES_PROOF,
  parseProperties,
  readProperties,
  writeProperties,
} from "./properties.ts";
import { NO_PASSWORDS, type Ready, survey } from "./survey.ts";

/**
 * Roles and other globals, the databases' properties, then each database in a snapshot of its own, one after the other.
 * Throws `PreflightFailed` with everything that is wrong before anything is stored; `SourceBusy` when it had to give way.
 */
export async function capture(tools: CaptureTools, source: PostgresqlSource): Promise<CaptureResult> {
  const { problems, ready } = await survey(tools, source);
  if (!ready) throw new PreflightFailed(problems.join("\n"));
  const properties = await propertiesOf(tools, source, ready);
  await storeGlobals(tools, ready, source.databases[0] ?? "postgres");
  await tools.store({
    kind: "properties",
    holds: "owners, privileges and settings of the databases",
    open: () => ({ bytes: once(writeProperties(properties)), exitCodes: Promise.resolve({}) }),
    prove: () => proveText(parseProperties),
    formatProof: PROPERTIES_PROOF,
  });
  const databases: Facts = {};
  let recoveredTo: Date | undefined;
  for (const [database, its] of Object.entries(properties)) {
    const { facts, takenAt } = await captureDatabase(tools, source, ready, database, its);
    databases[database] = facts;
    recoveredTo ??= takenAt; // the first snapshot is the earliest
  }
  const { serverVersion, pgDump, withPasswords, isSuperuser } = ready;
  const about = { serverVersion, extensionVersions: await extensionVersions(tools, source, ready) };
  return {
    recoveredTo: recoveredTo ?? new Date(Number.NaN),
    toolVersions: { pg_dump: pgDump.version, server: serverVersion },
    facts: { databases, about },
    limits: [...(withPasswords ? [] : [NO_PASSWORDS]), ...(isSuperuser ? [] : [NO_SUBSCRIPTIONS])],
  };
}

const NO_SUBSCRIPTIONS = "subscriptions are not captured: only superusers can read them";

async function propertiesOf(tools: CaptureTools, { databases }: PostgresqlSource, { login }: Ready) {
  const found: Record<string, DatabaseProperties> = {};
  for (const database of databases) found[database] = await withClient(login, database, tools.signal, readProperties);
  return found;
}

async function extensionVersions(
  { signal }: CaptureTools,
  { databases }: PostgresqlSource,
  { login }: Ready,
): Promise<Facts> {
  const found: Facts = {};
  for (const database of databases)
    found[database] = await withClient(login, database, signal, async (client) =>
      Object.fromEntries(
        (await rows(client, NameAndVersion, "select extname as name, extversion as version from pg_extension")).map(
          ({ name, version }) => [name, version],
        ),
      ),
    );
  return found;
}

function storeGlobals(tools: CaptureTools, { pgDumpall, login, withPasswords }: Ready, database: string) {
  return tools.store({
    kind: "globals",
    holds: withPasswords
      ? "roles, with their passwords' hashes, and tablespaces"
      : "roles, without passwords, and tablespaces",
    open: () => tools.commands.reading(dumpGlobals(pgDumpall, login, database, withPasswords), tools.signal),
    prove: () => proveText(parseGlobals),
    formatProof: GLOBALS_PROOF,
  });
}

const NameAndVersion = z.object({ name: z.string(), version: z.string() });

async function* once(text: string) {
  yield Buffer.from(text);
}
