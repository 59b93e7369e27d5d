import { readFileSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import type { Commands } from "#ports/commands.ts";
import { belongings, captured, real as realCommands, restored } from "./world.ts";

const TABLES = 8;

const own = belongings();
afterAll(() => own.drop());

/** Partitions of partitions, whose indexes are attached to one another, and a view that is filled from them. */
const table = (name: string) => `
  create table ${name} (id int not null, part int, b float8, primary key (id, part)) partition by range (id);
  create table ${name}_low partition of ${name} for values from (0) to (4000) partition by list (part);
  ${[0, 1, 2, 3].map((part) => `create table ${name}_low_${part} partition of ${name}_low for values in (${part});`).join("\n")}
  create table ${name}_rest partition of ${name} default;
  create index on ${name} (b); create index on ${name} (part, b);
  insert into ${name} select i, i % 4, random() from generate_series(1, 6000) i;
  create materialized view ${name}_summed as select part, count(*) as n from ${name} group by part;`;

it("attaches the indexes of partitions while nothing else runs: beside what reads the tables, it has ended in a deadlock", async () => {
  const names = Array.from({ length: TABLES }, (_, index) => `t${index}`);
  const app = await own.database("partitions", names.map(table).join("\n"));
  const point = await captured([app], { jobs: 4 });

  expect(point.artifacts.filter(({ kind }) => kind.startsWith("data-")).length).toBeGreaterThan(1);
  const runs: { together: boolean; kinds: Set<string> }[] = [];
  const commands = { ...realCommands, run: recorded(runs) };
  const copy = own.alsoDrops(`${app}_copy`);
  const { comparedFacts } = await restored(point, { commands, options: { databases: { [app]: copy } } });

  expect(comparedFacts).toBeGreaterThan(0);
  const attaching = runs.filter(({ kinds }) => kinds.has("INDEX ATTACH"));
  expect(attaching).toEqual([{ together: false, kinds: new Set(["INDEX ATTACH"]) }]);
  const filled = runs.findIndex(({ kinds }) => kinds.has("MATERIALIZED VIEW DATA"));
  expect(filled).toBeGreaterThan(runs.indexOf(attaching[0] as (typeof runs)[number]));
});

/** What each pg_restore with a list was told to do, and whether in several sessions. */
const recorded =
  (runs: { together: boolean; kinds: Set<string> }[]): Commands["run"] =>
  (command, signal) => {
    const list = command.args?.find((arg) => arg.startsWith("--use-list="))?.slice("--use-list=".length);
    if (list !== undefined) {
      const lines = readFileSync(list, "utf8").split("\n");
      const kinds = lines.flatMap((line) => /^\d+; \d+ \d+ ([A-Z ]+[A-Z]) /.exec(line)?.[1] ?? []);
      runs.push({ together: !command.args?.includes("--jobs=1"), kinds: new Set(kinds) });
    }
    return realCommands.run(command, signal);
  };
