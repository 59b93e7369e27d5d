import { escapeIdentifier as name } from "pg";
import type { RestoreTools } from "#ports/engine.ts";
import { readArchiveList } from "./archive-list.ts";
import type { Chosen, Loadable } from "./chosen.ts";
import { choosePart } from "./part.ts";
import { quoted } from "./table-names.ts";

/** Reads the lists of the archives of which only a part is wanted. Throws `InputInvalid` when they do not hold it. */
export async function withParts(tools: RestoreTools, chosen: Chosen[]): Promise<Loadable[]> {
  const loadable: Loadable[] = [];
  for (const one of chosen) {
    const { captured, only, streams } = one;
    const schema = "dump" in streams ? streams.dump : streams.schema;
    const part = only && choosePart(captured, await readArchiveList(tools.open(schema)), only);
    loadable.push({ ...one, part });
  }
  return loadable;
}

/** For people: what is there, how rows come back from there, and what is not there. */
export function aboutPart({ captured, restored, part }: Loadable): string[] {
  if (!part) return [];
  const tables = part.tables.map(quoted);
  const copy = (database: string, how: string) =>
    `psql --dbname=${shellWord(database)} --command=${shellWord(`COPY ${tables[0]} ${how}`)}`;
  return [
    `database "${restored}" holds ${tables.join(", ")} of "${captured}", and no other table; nothing was replaced`,
    `to bring rows back, a table at a time: ${copy(restored, "TO STDOUT")} | ${copy(captured, "FROM STDIN")}`,
    `when nobody needs it any more: DROP DATABASE ${name(restored)};`,
    ...part.leftOut.map((what) => `not in "${restored}": ${what}`),
  ];
}

const shellWord = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
