import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { type ArchiveContents, ArchiveReader } from "#engines/postgresql/archive-reader.ts";
import { generatedSchema } from "./generated-schemas.ts";
import { belongings, captured, sql } from "./world.ts";

const own = belongings();
afterAll(() => own.drop());

it("no table, partition, sequence or large object falls between streams, and none is in two, whatever the schema and its names", async () => {
  let split = 0;
  const once = fc.asyncProperty(generatedSchema, async ({ statements, jobs }) => {
    const app = await own.database("generated", statements.join(";\n"));

    const { artifacts, stored } = await captured([app], { jobs });

    const archives = artifacts.filter(({ subject }) => subject === app).map(({ key }) => contentsOf(stored.get(key)));
    if (archives.length > 2) split++;
    expect(archives.flatMap(({ tables }) => tables).toSorted()).toEqual(await catalog(app, "r"));
    expect(archives.flatMap(({ sequences }) => sequences.map(({ schema, name }) => [schema, name])).toSorted()).toEqual(
      await catalog(app, "S"),
    );
    expect(archives.reduce((sum, { largeObjects }) => sum + largeObjects, 0)).toBe(await largeObjects(app));
    await own.drop();
  });

  await fc.assert(once, { numRuns: RUNS, interruptAfterTimeLimit: 60_000 });

  expect(split).toBeGreaterThan(RUNS / 3);
});

const RUNS = 12;

function contentsOf(archive: Buffer | undefined): ArchiveContents {
  const reader = new ArchiveReader();
  reader.push(archive ?? Buffer.alloc(0));
  return reader.end();
}

/** Everything of this kind that is not the server's own, by a query that the engine knows nothing of. */
const catalog = async (database: string, kind: string) =>
  (
    await sql(
      database,
      `select nspname, relname from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = '${kind}' and c.oid >= 16384 and nspname <> 'pg_toast'`,
    )
  )
    .map(({ nspname, relname }) => [String(nspname), String(relname)])
    .toSorted();

const largeObjects = async (database: string) =>
  (await sql(database, "select count(*)::int as n from pg_largeobject_metadata"))[0]?.["n"];
