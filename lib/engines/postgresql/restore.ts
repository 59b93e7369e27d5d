import { type Client, escapeIdentifier as name } from "pg";
import { z } from "zod";
import { describeError, Interrupted, TargetChanged, TargetUnfit } from "#domain/errors.ts";
import { branch } from "#domain/facts.ts";
import type { PointToRestore, RestoreResult, RestoreTools } from "#ports/engine.ts";
import { besideName, dropDatabase, keptName, loadBeside } from "./beside.ts";
import { aboutSource, artifactOf, type Chosen, chooseDatabases, comparable } from "./chosen.ts";
import { countBeside } from "./compare-beside.ts";
import type { PostgresqlTarget } from "./config.ts";
import { type Login, readLogin, rows } from "./connection.ts";
import { unfit } from "./fitness.ts";
import { parseGlobals } from "./globals.ts";
import { parseProperties } from "./properties.ts";
import { createRoles, dropRoles, existingRoles, planRoles } from "./roles.ts";
import { readServer, type Server, withServer } from "./server.ts";
import { swap } from "./swap.ts";
import { findTool, needTool, type Tool } from "./tools-of-version.ts";
import { readText } from "./verify.ts";

/**
 * Loads every chosen database beside what is there, compares, and swaps them in together. When it throws, the target is as
 * it was: `TargetChanged`, `TargetUnfit` and `FactsDiffer` say why, `Interrupted` that it was told to stop.
 */
export async function restore(
  tools: RestoreTools,
  target: PostgresqlTarget,
  point: PointToRestore,
): Promise<RestoreResult> {
  const login = await readLogin(tools, target);
  const chosen = chooseDatabases(point);
  const names = chosen.map(({ restored }) => restored);
  try {
    return await withServer(login, names, tools.signal, async (admin) => {
      const server = await lookAgain(admin, login, tools, chosen, point);
      const roles = planRoles(
        await parseGlobals(await readText(tools, artifactOf(point, "globals"))),
        await existingRoles(admin),
      );
      try {
        await createRoles(admin, roles);
        return await loadAndSwap(admin, login, tools, {
          chosen,
          point,
          server,
          notes: roles.notes,
          jobs: target.jobs,
        });
      } catch (error) {
        await cleanUp(login, tools, chosen, roles.created);
        throw error;
      }
    });
  } catch (error) {
    if (!tools.signal.aborted) throw error;
    throw new Interrupted(`The restore was stopped. The target is as it was: nothing was swapped in`, { cause: error });
  }
}

async function lookAgain(
  admin: Client,
  login: Login,
  tools: RestoreTools,
  chosen: Chosen[],
  point: PointToRestore,
): Promise<Server> {
  const server = await readServer(admin, login);
  if (server.fingerprint !== tools.fingerprint)
    throw new TargetChanged(
      `${login.host}:${login.port} was "${tools.fingerprint}" when the restore was planned and is "${server.fingerprint}" now. Nothing was loaded: plan the restore again`,
    );
  const problems = await unfit(admin, login, server, chosen, point, tools);
  if (problems.length > 0) throw new TargetUnfit(`${problems.join("\n")}\nNothing was loaded`);
  return server;
}

type Work = { chosen: Chosen[]; point: PointToRestore; server: Server; notes: string[]; jobs: number };

async function loadAndSwap(
  admin: Client,
  login: Login,
  tools: RestoreTools,
  { chosen, point, server, notes, jobs }: Work,
): Promise<RestoreResult> {
  const properties = parseProperties(await readText(tools, artifactOf(point, "properties")));
  const pgRestore = await pgRestoreFor(tools, server, chosen, point);
  await tools.phase("load", async () => {
    for (const one of chosen)
      await loadBeside(admin, login, tools, one, {
        properties: properties[one.captured],
        sequences: branch(branch(branch(point.facts, "databases"), one.captured), "sequences"),
        pgRestore,
        server,
        jobs,
      });
  });
  const putThere: RestoreResult["putThere"] = [];
  await tools.phase("compare", async () => {
    const databases: Record<string, Awaited<ReturnType<typeof countBeside>>["facts"]> = {};
    for (const one of chosen) {
      const { facts, mark } = await countBeside(admin, login, tools, one, properties[one.captured]);
      databases[one.captured] = facts;
      putThere.push({ name: one.restored, mark });
    }
    tools.compare(comparable(point, chosen), { databases });
  });
  const before = await leftovers(admin, tools);
  const moves = chosen.map((one) => ({
    current: one.restored,
    beside: besideName(tools.restoreId, one),
    kept: keptName(tools.restoreId, one),
  }));
  const { ended, replaced } = await tools.phase("swap", async () => {
    if ((await readServer(admin, login)).fingerprint !== tools.fingerprint)
      throw new TargetChanged(
        `${login.host}:${login.port} became another server while the restore was loading. Nothing was swapped in`,
      );
    return swap(admin, login, moves, tools.signal);
  });
  // From here on the new databases are in place, and nothing may fail any more.
  const kept = moves.filter(({ current }) => replaced.includes(current));
  return {
    putThere,
    kept: kept.map((move) => ({
      what: `database "${move.current}" as it was before, now "${move.kept}"`,
      drop: `DROP DATABASE ${name(move.kept)};`,
    })),
    notes: [...notes, ...ended.map((who) => `ended ${who}`), ...before],
  };
}

/** Of the target's version, or of the point's where that is not installed. */
async function pgRestoreFor(
  tools: RestoreTools,
  server: Server,
  chosen: Chosen[],
  point: PointToRestore,
): Promise<Tool> {
  const { tool } = await findTool(tools, "pg_restore", server.major);
  return tool ?? needTool(tools, "pg_restore", Math.max(...chosen.map((one) => aboutSource(point, one).serverMajor)));
}

/** Over a session of its own: the one of the restore may be what was lost. */
async function cleanUp(login: Login, tools: RestoreTools, chosen: Chosen[], roles: string[]): Promise<void> {
  const never = new AbortController().signal;
  const names = chosen.map(({ restored }) => restored);
  try {
    await withServer(login, names, never, async (client) => {
      for (const one of chosen) await dropDatabase(client, login, besideName(tools.restoreId, one), never);
      const left = await dropRoles(client, roles);
      if (left.length > 0) tools.log.error("a restore that failed left roles behind that it had made", { left });
    });
  } catch (error) {
    const statements = chosen.map((one) => `DROP DATABASE IF EXISTS ${name(besideName(tools.restoreId, one))};`);
    tools.log.error("a restore that failed could not remove what it had loaded", {
      error: describeError(error),
      statements,
    });
  }
}

/** What restores that were killed have left. Another one may be at work on it, so it is for a person to drop. */
async function leftovers(admin: Client, { restoreId }: RestoreTools): Promise<string[]> {
  const found = await rows(admin, z.object({ name: z.string() }), LEFTOVERS, [`holdfast_${restoreId}_%`]);
  return found.map(
    (left) =>
      `database "${left.name}" was left by another restore; unless that is still running: DROP DATABASE ${name(left.name)};`,
  );
}
const LEFTOVERS = String.raw`
  select datname as name from pg_database
  where datname ~ '^holdfast_\d{4}-\d\d-\d\d-\d{6}-[a-z0-9]{4}_\d+$' and datname not like $1 order by datname`;
