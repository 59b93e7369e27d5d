import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import type { Command } from "#ports/commands.ts";
import { startPooler } from "./pooler-of-sessions.ts";
import { belongings, captured, engineTools, quote, sourceOf, sql, unique, type Who, withCommand } from "./world.ts";

const own = belongings();
afterAll(() => own.drop());

const ask = (databases: string[], options: Parameters<typeof engineTools>[0] & { connection?: object } = {}) =>
  postgresql.preflight(
    engineTools(options),
    sourceOf(databases, options.connection ? { connection: options.connection } : {}),
  );

describe("a user that may not read everything", () => {
  let app: string;
  let other: string;
  let reader: Who;

  beforeAll(async () => {
    const username = await own.role('back"up ü', "login password 'geheim'");
    reader = { username, password: "geheim" };
    app = await own.database(
      'ap"p',
      `create schema "Sch é""ma"; create table "Sch é""ma"."t $(id)" (i serial); create table mine (); create table hidden as select 1 as i;
      alter table hidden enable row level security; grant select on hidden to public; select lo_create(1); select lo_create(2); grant select on large object 2 to public`,
    );
    other = await own.database("other");
    await sql("postgres", `revoke connect on database ${quote(other)} from public`);
  });

  it("S13: is told everything that is missing in all databases at once, and the statements mend it", async () => {
    const me = quote(reader.username);

    const { problems } = await ask([app, other], { who: reader });

    expect(problems.map((problem) => problem.slice(problem.lastIndexOf(": ") + 2))).toEqual([
      `GRANT USAGE ON SCHEMA "Sch é""ma" TO ${me};`,
      `GRANT SELECT ON SEQUENCE "Sch é""ma"."t $(id)_i_seq" TO ${me};`,
      `GRANT SELECT ON TABLE "Sch é""ma"."t $(id)" TO ${me};`,
      `GRANT SELECT ON TABLE public.mine TO ${me};`,
      `GRANT SELECT ON LARGE OBJECT 1 TO ${me};`,
      `ALTER ROLE ${me} BYPASSRLS;`,
      `GRANT CONNECT ON DATABASE ${quote(other)} TO ${me};`,
    ]);
    for (const problem of problems) await sql(app, problem.slice(problem.lastIndexOf(": ") + 2));
    expect(await ask([app, other], { who: reader })).toMatchObject({
      problems: [],
      findings: { passwordsOfRoles: expect.stringContaining("pg_authid is closed") },
    });
  });

  it("S13: captures everything else when pg_authid is closed to it, and records that as a limit", async () => {
    const { limits, artifacts, stored } = await captured([app, other], { who: reader });

    expect(limits).toEqual([
      expect.stringContaining("without their passwords"),
      expect.stringContaining("subscriptions"),
    ]);
    expect(artifacts.map(({ kind }) => kind)).toEqual(["globals", "properties", "dump", "dump"]);
    expect(stored.get(artifacts[0]?.key ?? "")?.toString()).not.toContain("SCRAM");
  });

  it("S13: fails the whole source, before anything is stored, when one of its databases can't be captured", async () => {
    await sql("postgres", `revoke connect on database ${quote(other)} from ${quote(reader.username)}`);
    const stored: string[] = [];

    await expect(
      captured([app, other], { who: reader, whileStoring: async ({ kind }) => void stored.push(kind) }),
    ).rejects.toMatchObject({ name: "PreflightFailed", message: expect.stringContaining("GRANT CONNECT") });
    expect(stored).toEqual([]);
  });

  it("is offered one statement instead of very many", async () => {
    const many = await own.database("many", Array.from({ length: 30 }, (_, i) => `create table t${i} ();`).join(" "));

    expect((await ask([many], { who: reader })).problems).toEqual([
      expect.stringMatching(/may not read 30 .*GRANT pg_read_all_data TO /),
    ]);
  });
});

describe("AS-28 IS-25 S8: says plainly why it gets nowhere:", () => {
  it.each([
    [
      "a wrong password",
      {},
      { who: { username: "postgres", password: "wrong" } },
      /refuses the password of user "postgres": correct the secret/,
    ],
    [
      "a host that does not exist",
      { connection: { host: "no-such-host.invalid", port: 5432 } },
      {},
      /can't be reached .*ENOTFOUND|can't be reached .*EAI_AGAIN/,
    ],
    [
      "a port where nobody listens",
      { connection: { host: "127.0.0.1", port: 9 } },
      {},
      /127.0.0.1:9 can't be reached .*ECONNREFUSED/,
    ],
    [
      "a database that does not exist",
      { databases: ["no such database"] },
      {},
      /There is no database "no such database" on /,
    ],
    [
      "a secret that is none of a database",
      {},
      { who: { username: "", password: "" } },
      /must be a JSON object with "username" and "password"/,
    ],
  ])(
    "%s",
    async (_name, {
      databases = ["postgres"],
      ...more
    }: { databases?: string[]; connection?: object }, tools, said) => {
      const { problems } = await ask(databases, { ...tools, ...more });

      expect(problems).toEqual([expect.stringMatching(said)]);
      expect(problems.join()).not.toContain("wrong");
    },
  );

  it("a database that accepts no connections", async () => {
    const closed = await own.database("closed");
    await sql("postgres", `alter database ${quote(closed)} allow_connections false`);

    expect((await ask([closed])).problems).toEqual([
      expect.stringContaining(`ALTER DATABASE ${quote(closed)} ALLOW_CONNECTIONS true;`),
    ]);
  });
});

describe.each([
  ["older", "15.19"],
  ["newer", "18.1"],
])("S9: a pg_dump %s than the server", (_name, version) => {
  it("is refused before anything is captured, and the right package is named", async () => {
    const pretend = (command: Command): Command =>
      command.args[0] === "--version" ? { file: "echo", args: [`pg_dump (PostgreSQL) ${version}`] } : command;
    const app = await own.database("versions");

    const capturing = captured([app], { commands: withCommand(pretend) });

    await expect(capturing).rejects.toMatchObject({
      name: "PreflightFailed",
      message: expect.stringMatching(`there is pg_dump ${version}.*install postgresql-client-17`),
    });
  });
});

it("refuses a pooler that shares server processes between sessions", async () => {
  const app = await own.database("pooled");
  const pooler = await startPooler(app);
  try {
    expect(
      (await ask([app], { connection: { host: "127.0.0.1", port: pooler.port, tls: "disable" } })).problems,
    ).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+ is a pooler that shares server processes/)]);
  } finally {
    await pooler.stop();
  }
});

it("takes names for what they are, and never for connection strings or options", async () => {
  const odd = await own.database(unique("a=b 'c' \\d --x"), "create table t as select 1 as i");

  const { artifacts } = await captured([odd]);

  expect(artifacts.at(-1)).toMatchObject({ subject: odd, kind: "dump" });
});
