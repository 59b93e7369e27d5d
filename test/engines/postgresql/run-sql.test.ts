import { afterAll, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import { belongings, engineTools, session, sql, target } from "./world.ts";

const own = belongings();
afterAll(() => own.drop());

const run = async (database: string, statement: string, timeoutMs = 20_000) =>
  postgresql.runSql?.(engineTools(), target, { database, statement, timeoutMs });

it("GL-11: runs the statements of a hook as one transaction: all of them, or none", async () => {
  const database = await own.database("hook", "create table jobs (is_paused bool)");

  await run(database, "insert into jobs values (true); create table public.quiet ()");
  const half = run(database, "insert into jobs values (false); select 1/0");

  await expect(half).rejects.toThrow("division by zero");
  expect(await sql(database, "select * from jobs")).toEqual([{ is_paused: true }]);
});

it("GL-11: ends a hook that sleeps, or waits for a lock, when its time is up, and nothing of it stays", async () => {
  const database = await own.database("slow", "create table t (i int)");
  const holder = await session(database, undefined, "holder");
  await holder.query("begin; lock table t");

  const waits = run(database, "insert into t values (1)", 500);
  const sleeps = run(database, `create table public.half (); ${"select pg_sleep(0.4); ".repeat(10)}`, 500); // each in time

  const ended = { name: "HookFailed", message: "the statement did not end within 0.5 s, and was ended" };
  await Promise.all([expect(waits).rejects.toMatchObject(ended), expect(sleeps).rejects.toMatchObject(ended)]);
  await holder.query("rollback");
  expect(await sql(database, "select i from t")).toEqual([]);
  expect(await sql(database, "select to_regclass('public.half') as half")).toEqual([{ half: null }]);
});
