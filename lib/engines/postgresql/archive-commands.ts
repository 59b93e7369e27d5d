import { keyOf, type Named, unquoted } from "./table-names.ts";

type Entry = { kind: string; schema: string; name: string; definition: string; copy: string; hasBlock: boolean };

const ROWS = "TABLE DATA";
const NAME = `(?:"(?:[^"]|"")+"|[^\\s"'();,.]+)`;
const COPY = new RegExp(`^COPY (${NAME}\\.${NAME}) (?:\\(${NAME}(?:, ${NAME})*\\))? ?FROM stdin;\\n$`, "u");
const SETVAL = /^SELECT pg_catalog\.setval\('(?:[^']|'')*', -?\d+, (?:true|false)\);\s*$/;

/**
 * Rows come with the command that loads them, sequences with the one that sets them, and pg_restore sends to the target
 * whatever stands there: `COPY … FROM PROGRAM` would run a program on its machine. So only what pg_dump itself writes is
 * taken there; gives, for people, what it is otherwise. The schema's own definitions are SQL of the source, whatever they are.
 */
export function commandOfItsOwn({ kind, schema, name, definition, copy, hasBlock }: Entry): string | undefined {
  const what = `${kind} ${schema}.${name}`;
  if (kind === "SEQUENCE SET")
    return SETVAL.test(definition) && copy === "" ? undefined : `${what} is set by more than a setval()`;
  if (kind !== ROWS) return copy === "" ? undefined : `${what} is loaded, and holds no rows`;
  if (definition !== "") return `${what} is more than rows`;
  const [, table] = COPY.exec(copy) ?? [];
  if (!hasBlock || table === undefined) return `${what} is not loaded by a plain COPY from the archive`;
  return isSame(unquoted(table), [schema, name]) ? undefined : `${what} is loaded into another table`;
}

const isSame = (one: Named, other: Named) => keyOf(one) === keyOf(other);
