import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { postgresqlGuide } from "#engines/postgresql/restore-guide.ts";
import { belongings, captured, engineTools, login, type Point, quote, sql } from "./world.ts";

const own = belongings();
afterAll(() => own.drop());

it("X7: RESTORE.md names commands that restore everything with the stock tools alone", async () => {
  const owner = await own.role("owner");
  const app = await own.database(
    "ap $(id) 'p",
    `create table t as select 1 as i; alter table t owner to ${quote(owner)}`,
  );
  await sql(
    "postgres",
    `alter database ${quote(app)} owner to ${quote(owner)}; alter database ${quote(app)} set work_mem to '7MB'`,
  );
  const point = await captured([app]);
  await sql("postgres", `drop database ${quote(app)}`);
  await sql("postgres", `drop role ${quote(owner)}`);

  await inBash(postgresqlGuide(point.artifacts), point);

  for (const database of [app, own.alsoDrops("restored_1")])
    expect(await sql(database, "select i, tableowner from t, pg_tables where tablename = 't'")).toEqual([
      { i: 1, tableowner: owner },
    ]);
  expect(await sql(app, "show work_mem")).toEqual([{ work_mem: "7MB" }]);
});

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
