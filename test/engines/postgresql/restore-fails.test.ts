import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Artifact } from "#domain/artifact.ts";
import {
  belongings,
  captured,
  databaseNames,
  engineTools,
  layouts,
  newRestoreId,
  opener,
  type Point,
  quote,
  restored,
  sql,
} from "./world.ts";

const own = belongings();
afterAll(() => own.drop());

describe.each(layouts)(
  "X4: dumped $layout, leaves the target as it was, with nothing of its own behind,",
  ({ jobs, archives }) => {
    const last = archives.at(-1);
    let app: string;
    let other: string;
    let role: string;
    let point: Point;
    let before: unknown;

    beforeEach(async () => {
      role = await own.role("lost", "login");
      app = await own.database(
        "app",
        `create table t as select generate_series(1, 5000) i, repeat('x', 500) as filling; alter table t owner to ${quote(role)}; create table u as table t; create table v as table t`,
      );
      other = await own.database("other", "create table t as select 1 as i");
      point = await captured([app, other], { jobs });
      await sql(app, "drop table t; create table live as select 'written since' as what");
      await sql("postgres", `drop role ${quote(role)}`);
      before = await state();
    });

    const state = async () => ({
      databases: await sql(
        "postgres",
        "select oid, datname, datallowconn, datconnlimit from pg_database where datname not like 'holdfast\\_old%' order by oid",
      ),
      roles: await sql("postgres", `select rolname from pg_roles where rolname = '${role}'`),
      live: await sql(app, "select what from live"),
      other: await sql(other, "select i from t"),
      spooled: readdirSync(engineTools().workDir),
    });
    const failing = async (restoring: Parameters<typeof restored>[1], error: object) => {
      await expect(restored(point, restoring)).rejects.toMatchObject(error);
      expect(await state()).toEqual(before);
    };

    it("when the archive can't be read to its end", async () => {
      const open = async function* (artifact: Artifact) {
        let left = 3;
        for await (const chunk of opener(point)(artifact)) {
          if (artifact.subject === other || left-- === 0) throw new RangeError("the part's hash is another");
          yield chunk;
        }
      };

      await failing({ open }, { name: "RangeError", message: "the part's hash is another" });
    });

    it("when what was read turns out to be wrong after its last byte", async () => {
      const open = async function* (artifact: Artifact) {
        yield* opener(point)(artifact);
        await wait(500); // pg_restore has done its work meanwhile
        if (artifact.kind === last) throw new RangeError("the plaintext's hash is another");
      };

      await failing({ open }, { name: "RangeError", message: "the plaintext's hash is another" });
    });

    it("when an archive ends early and nothing else says so", async () => {
      const open = opener(point, (bytes, { subject, kind }) =>
        subject === app && kind !== "schema" ? bytes.subarray(0, bytes.length * 0.7) : bytes,
      );

      await failing({ open }, { name: "CommandFailed" });
    });

    it("when a fact differs from what was captured", async () => {
      point = {
        ...point,
        facts: JSON.parse(JSON.stringify(point.facts).replace('"public.t":5000', '"public.t":5001')),
      };

      await failing({}, { name: "FactsDiffer", message: expect.stringContaining("captured 5001, restored 5000") });
    });

    it("when a setting of the database did not come out as captured, although all names are the same", async () => {
      await sql("postgres", `alter database ${quote(app)} set work_mem to '7MB'`);
      point = await captured([app, other], { jobs });
      const open = opener(point, (bytes, { kind }) =>
        kind === "properties" ? Buffer.from(bytes.toString().replace("work_mem=", "WORK_MEM=")) : bytes,
      );

      await failing(
        { open },
        { name: "FactsDiffer", message: expect.stringContaining("its settings were not restored") },
      );
    });

    it("when another server answers than the one that was looked at", async () => {
      await failing(
        { fingerprint: "postgresql 1 170011 10.0.0.1:5432" },
        { name: "TargetChanged", message: expect.stringContaining("Nothing was loaded") },
      );
    });

    it.each(["load", "compare", "swap"])("when it is stopped as it begins to %s", async (at) => {
      const stop = new AbortController();
      const onPhase = async (name: string) => {
        if (name === at) stop.abort(new Error("task stopped by ECS"));
      };

      await failing(
        { signal: stop.signal, onPhase },
        { name: "Interrupted", message: expect.stringContaining("as it was") },
      );
    });

    it("when it is stopped in the middle of loading", async () => {
      const stop = new AbortController();
      const open = async function* (artifact: Artifact) {
        for await (const chunk of opener(point)(artifact)) {
          yield chunk;
          if (artifact.subject === app) stop.abort(new Error("task stopped by ECS"));
        }
      };

      await failing({ signal: stop.signal, open }, { name: "Interrupted" });
    });

    it("when the second of two databases can't be swapped in", async () => {
      const restoreId = newRestoreId();
      const inTheWay = `holdfast_old_${restoreId}_2`;
      await sql("postgres", `create database ${quote(inTheWay)}`);

      await failing({ restoreId }, { code: "42P04" });
      expect(await databaseNames()).toContain(inTheWay);
    });

    it("when the session of the swap is lost in the middle of it", async () => {
      const restoreId = newRestoreId();
      const onPhase = async (name: string) => {
        if (name !== "swap") return;
        // a lock on the second database makes the swap wait after it has renamed the first
        const holding = sql(
          "postgres",
          `begin; alter database ${quote(other)} connection limit -1; select pg_sleep(1.5); rollback`,
        );
        void sql(
          "postgres",
          "select pg_sleep(0.8), pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast' and query like 'ALTER DATABASE%'",
        ).catch(() => {});
        setTimeout(
          () =>
            void sql(
              "postgres",
              "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast' and query like 'ALTER DATABASE%'",
            ),
          700,
        );
        void holding.catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 200));
      };

      await failing({ restoreId, onPhase }, { message: expect.stringMatching(/terminat/) });
    });
  },
);
