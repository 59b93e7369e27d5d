import { setTimeout as wait } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { belongings, captured, layouts, quote, session, sql } from "./world.ts";

const own = belongings();
afterAll(() => own.drop());

describe.each(layouts)("dumped $layout, a capture", ({ jobs, archives }) => {
  const last = archives.at(-1);
  const more = "; create table more as select 'x' as x; create table and_more as select 'x' as x";

  it("S7: holds a table against TRUNCATE and DROP from before its snapshot until it is dumped, so that neither is dumped as empty", async () => {
    const app = await own.database("held", `create table t as select generate_series(1, 10) i${more}`);
    const refused: unknown[] = [];

    const point = await captured([app], {
      jobs,
      whileStoring: async ({ kind }) => {
        if (kind !== last) return;
        for (const statement of ["truncate t", "drop table t"])
          await sql(app, `set lock_timeout = '300ms'; ${statement}`).catch((error: Error) =>
            refused.push(error.message),
          );
      },
    });

    expect(refused).toEqual(Array(2).fill("canceling statement due to lock timeout"));
    expect(point.facts).toMatchObject({ databases: { [app]: { rows: { "public.t": 10 } } } });
  });

  it("locks a table that appears while it waits for the others, too", async () => {
    const app = await own.database("appears", `create table t as select 1 as i${more}`);
    const blocker = await session(app);
    await blocker.query("begin; lock table t");
    const refused: unknown[] = [];
    const capturing = captured([app], {
      jobs,
      whileStoring: async ({ kind }) => {
        if (kind === last)
          await sql(app, "set lock_timeout = '300ms'; truncate late").catch((error: Error) =>
            refused.push(error.message),
          );
      },
    });
    await untilSomebodyWaits(app);
    await sql(app, "create table late as select 1 as i");

    await blocker.query("commit");
    const point = await capturing;

    expect(refused).toEqual(["canceling statement due to lock timeout"]);
    expect(point.facts).toMatchObject({ databases: { [app]: { rows: { "public.late": 1, "public.t": 1 } } } });
    await blocker.end();
  });

  it("S11: gives up on a table that another session keeps locked, and names that session", async () => {
    const app = await own.database("locked", `create table t ()${more}`);
    const blocker = await session(app, undefined, "nightly-migration");
    await blocker.query("begin; lock table t");

    await expect(captured([app], { jobs, lockTimeoutSeconds: 1 })).rejects.toMatchObject({
      name: "SourceBusy",
      message: expect.stringMatching(/waited 1 s .*nightly-migration.*AccessExclusiveLock on (public\.)?t/),
    });
    await blocker.end();
  });

  it("S12: gives way to an ALTER that waits behind its locks before the application has hung for long, and names it", async () => {
    const app = await own.database("altered", `create table t as select 1 as i${more}`);
    const migration = await session(app, undefined, "nightly-migration");
    let altering: Promise<unknown> | undefined;
    const capturing = captured([app], {
      jobs,
      lockTimeoutSeconds: 2,
      whileStoring: async ({ kind }) => {
        if (kind !== last) return;
        altering = migration.query("alter table t add column j int");
        await wait(6_000); // as long as a large dump would take
      },
    });
    const started = Date.now();

    // which of the two is told first, once the locks are gone, is chance
    const gaveWay = expect(capturing).rejects.toMatchObject({
      name: "SourceBusy",
      message: expect.stringMatching(
        /gave way after 2 s to pid \d+ of .*nightly-migration.*AccessExclusiveLock on (public\.)?t/,
      ),
    });
    await expect(untilAltered()).resolves.toBe("altered");
    await gaveWay;
    expect(Date.now() - started).toBeLessThan(60_000);
    await migration.end();

    async function untilAltered() {
      while (!altering) await wait(20);
      await altering;
      return "altered";
    }
  });

  it("S12: fails when the session that holds its locks is ended on the way", async () => {
    const app = await own.database("ended", `create table t as select 1 as i${more}`);

    await expect(
      captured([app], {
        jobs,
        whileStoring: async ({ kind }) => {
          if (kind === last)
            await sql(
              "postgres",
              `select pg_terminate_backend(pid, 2000) from pg_stat_activity where datname = '${app}' and state = 'idle in transaction' and query like '%pg_class%'`,
            );
          await wait(300);
        },
      }),
    ).rejects.toMatchObject({ name: "SourceBusy" });
  });

  it("S3: leaves no session behind when it is stopped", async () => {
    const app = await own.database("stopped", `create table t as select 1 as i${more}`);
    const stop = new AbortController();

    await expect(
      captured([app], {
        jobs,
        signal: stop.signal,
        whileStoring: async ({ kind }) => {
          if (kind === last) stop.abort(new Error("task stopped by ECS"));
        },
      }),
    ).rejects.toThrow("task stopped by ECS");

    await expect
      .poll(() => sql("postgres", `select pid, query from pg_stat_activity where datname = '${app}'`))
      .toEqual([]);
  });

  it("holds its snapshot although server and role end idle and long transactions", async () => {
    const app = await own.database("impatient", `create table t as select 1 as i${more}`);
    const on = `database ${quote(app)}`;
    await sql(
      "postgres",
      `alter ${on} set idle_in_transaction_session_timeout = '200ms'; alter ${on} set statement_timeout = '200ms'; alter ${on} set transaction_timeout = '300ms'; alter ${on} set idle_session_timeout = '200ms'`,
    );

    const point = await captured([app], {
      jobs,
      whileStoring: async ({ kind }) => void (kind === last && (await wait(1_000))),
    });

    expect(point.artifacts.map(({ kind }) => kind)).toEqual(["globals", "properties", ...archives]);
  });

  it("gives the instant of the first snapshot as the one that it recovers to", async () => {
    const [first, second] = [await own.database("first", `create table t ()${more}`), await own.database("second")];
    const [{ before } = {}] = await sql("postgres", "select clock_timestamp() as before");
    const whileFirst: unknown[] = [];

    const { recoveredTo } = await captured([first, second], {
      jobs,
      whileStoring: async ({ subject }) => {
        if (subject === first)
          whileFirst.push(...(await sql("postgres", "select clock_timestamp() as now")).map(({ now }) => now));
      },
    });

    expect(recoveredTo.getTime()).toBeGreaterThanOrEqual(Number(before));
    expect(recoveredTo.getTime()).toBeLessThanOrEqual(Number(whileFirst[0]));
  });

  it("counts in the snapshot that is dumped, not in what was written since", async () => {
    const app = await own.database(
      "busy",
      `create table t as select generate_series(1, 10) i; create sequence s${more}`,
    );

    const point = await captured([app], {
      jobs,
      whileStoring: async ({ kind }) =>
        void (kind === last && (await sql(app, "insert into t select 1; select nextval('s')"))),
    });

    expect(point.facts).toMatchObject({
      databases: { [app]: { rows: { "public.t": 10 }, sequences: { "public.s": "1 called" } } },
    });
    expect(rowsIn(Buffer.concat([...point.stored.values()].slice(2)))).toBe(10);
  });
});

const rowsIn = (archive: Buffer) => archive.toString("latin1").match(/^\W*\d+\n/gm)?.length;

async function untilSomebodyWaits(database: string): Promise<void> {
  await expect
    .poll(
      () =>
        sql(
          "postgres",
          `select 1 as one from pg_stat_activity where datname = '${database}' and wait_event_type = 'Lock'`,
        ),
      { timeout: 5_000 },
    )
    .toEqual([{ one: 1 }]);
}
