import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { postgresqlGuide } from "#engines/postgresql/restore-guide.ts";
import { belongings, captured, engineTools, layouts, login, type Point, quote, sql } from "./world.ts";

const own = belongings();
afterAll(() => own.drop());

it.each(layouts)(
  "X7: RESTORE.md names commands that restore everything with the stock tools alone, dumped $layout",
  async ({ jobs, archives }) => {
    const owner = await own.role("owner");
    const app = await own.database(
      "a=p $(id) 'p",
      `create table t as select 1 as i; alter table t owner to ${quote(owner)}; create table u (id int generated always as identity primary key); insert into u default values; create table v as select 1`,
    );
    await sql(
      "postgres",
      `alter database ${quote(app)} owner to ${quote(owner)}; alter database ${quote(app)} set work_mem to '7MB'; alter database ${quote(app)} set default_transaction_read_only to on`,
    );
    const point = await captured([app], { jobs });
    await sql("postgres", `drop database ${quote(app)}`);
    await sql("postgres", `drop role ${quote(owner)}`);

    await inBash(postgresqlGuide(point.artifacts), point);

    expect(point.artifacts.slice(2).map(({ kind }) => kind)).toEqual(archives);
    for (const database of [app, own.alsoDrops("restored_1")]) {
      expect(
        await sql(database, "select (select count(*)::int from v) as v, last_value::int from u, u_id_seq where id = 1"),
      ).toEqual([{ v: 1, last_value: 1 }]);
      expect(
        await sql(database, "select conname from pg_constraint where conrelid = 'u'::regclass and contype = 'p'"),
      ).toEqual([{ conname: "u_pkey" }]);
      expect(await sql(database, "select i, tableowner from t, pg_tables where tablename = 't'")).toEqual([
        { i: 1, tableowner: owner },
      ]);
    }
    expect(await sql(app, "show work_mem")).toEqual([{ work_mem: "7MB" }]);
    await sql("postgres", "drop database restored_1");
  },
);

/** Runs what stands in the guide's blocks of commands, as a person would paste them. */
async function inBash(guide: string, { stored }: Point): Promise<void> {
  const { username, password, host, port } = login();
  const folder = mkdtempSync(join(tmpdir(), "holdfast-guide-"));
  for (const [key, bytes] of stored) writeFileSync(join(folder, basename(key)), bytes);
  const blocks = [...guide.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, commands]) => commands);
  const script = [`cd ${folder}`, 'open_artifact() { cat "$1"; }', "set -o pipefail", ...blocks].join("\n");
  const env = { PGHOST: host, PGPORT: String(port), PGUSER: username, PGPASSWORD: password };
  await engineTools().commands.run({ file: "bash", args: ["-c", script], env }, new AbortController().signal);
}
