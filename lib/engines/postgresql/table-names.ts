/** A table, a sequence, a view: its schema and its name as they are, not quoted. */
export type Named = [schema: string, name: string];

const PART = `"(?:[^"]|"")+"|[^".]+`;
/** `public.orders`, `"my schema"."a.b"`: as the server's `%I.%I` writes it; quotes may be left out where a name has neither `.` nor `"`. */
export const QUALIFIED = new RegExp(`^(${PART})\\.(${PART})$`);

/** `public."a.b"` taken apart. */
export function unquoted(name: string): Named {
  const [, schema = "", table = ""] = QUALIFIED.exec(name) ?? [];
  return [identifier(schema), identifier(table)];
}

/** The other way round. */
export const quoted = ([schema, name]: Named) => `${written(schema)}.${written(name)}`;

/** The same for the same names, and for no others. */
export const keyOf = ([schema, name]: Named) => JSON.stringify([schema, name]);

const identifier = (text: string) => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
const written = (text: string) => (/^[a-z_][a-z0-9_]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`);
