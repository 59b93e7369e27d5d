import { afterAll, beforeAll, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import { belongings, captured, engineTools, quote, session, sourceOf, sql, superuser, type Who } from "./world.ts";

const own = belongings();
let app: string;
let reader: Who;
const ask = (jobs: number, who = reader) => postgresql.preflight(engineTools({ who }), sourceOf([app], { jobs }));
const limit = async (what: string, sessions: number) => sql("postgres", `alter ${what} connection limit ${sessions}`);

beforeAll(async () => {
  reader = { username: await own.role("reader", "login password 'geheim'"), password: "geheim" };
  await sql("postgres", `grant pg_read_all_data to ${quote(reader.username)}`);
  app = await own.database("app", "create table a as select 1 as i; create table b as select 1 as i");
});
afterAll(() => own.drop());

it("S8 counts what `jobs` needs against the limits of the user and of the database, in one error that mends it", async () => {
  await limit(`role ${quote(reader.username)}`, 9);
  await limit(`database ${quote(app)}`, 8);
  const somebody = await session(app, reader);
  const stored: string[] = [];
  try {
    const { problems } = await ask(6);

    expect(problems).toEqual([
      "A capture needs 10 sessions at the same time, 3 of its own and 7 of pg_dump (`jobs`: 6, and the schema), and can have 7: " +
        `user "${reader.username}" has a CONNECTION LIMIT of 9 (1 taken); ` +
        `database "${app}" has a CONNECTION LIMIT of 8 (1 taken): ` +
        `ALTER ROLE "${reader.username}" CONNECTION LIMIT 11; or ALTER DATABASE "${app}" CONNECTION LIMIT 11; or lower \`jobs\``,
    ]);
    const capturing = captured([app], {
      who: reader,
      jobs: 6,
      whileStoring: async ({ kind }) => void stored.push(kind),
    });
    await expect(capturing).rejects.toMatchObject({ name: "PreflightFailed", message: problems[0] });
    expect(stored).toEqual([]);
    expect(await ask(3)).toMatchObject({ problems: [], findings: { sessions: "7 needed, 7 free" } });
    for (const mend of problems[0]?.match(/ALTER [^;]+;/g) ?? []) await sql("postgres", mend);
    expect(await ask(6)).toMatchObject({ problems: [], findings: { sessions: "10 needed, 10 free" } });
  } finally {
    await somebody.end();
  }
});

it("S8 counts them against what the server has left for users that are not its own, and a superuser's against all", async () => {
  await limit(`role ${quote(reader.username)}`, -1);
  await limit(`database ${quote(app)}`, -1);
  const LEFT = 12;
  const [server] = await sql(
    "postgres",
    `select current_setting('max_connections')::int as most, current_setting('superuser_reserved_connections')::int as reserved,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()) as taken`,
  );
  const [most, reserved, taken] = [server?.["most"], server?.["reserved"], server?.["taken"]].map(Number) as number[];
  const crowd = Number(most) - Number(reserved) - Number(taken) - LEFT;
  const sessions = await Promise.all(Array.from({ length: crowd }, () => session("postgres")));
  try {
    const [tooMany, enough, asSuperuser] = [await ask(9), await ask(8), await ask(9, superuser)];

    expect(tooMany.problems).toEqual([
      "A capture needs 13 sessions at the same time, 3 of its own and 10 of pg_dump (`jobs`: 9, and the schema), and can have 12: " +
        `max_connections is ${most} (${reserved} reserved, ${Number(taken) + crowd} taken): raise max_connections or lower \`jobs\``,
    ]);
    expect(enough).toMatchObject({ problems: [], findings: { sessions: `12 needed, ${LEFT} free` } });
    expect(asSuperuser.problems).toEqual([]);
  } finally {
    await Promise.all(sessions.map((one) => one.end()));
  }
});
