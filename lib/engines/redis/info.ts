import type { RedisLink } from "./connection.ts";

/** The fields of INFO by name, as text. Sections don't matter: no name stands in two of them, but `module` is a list. */
export type Info = {
  field(name: string): string | undefined;
  number(name: string): number;
  modules: string[];
  keyspace: Keyspace;
};
/** Per database that holds keys. `expiring` counts keys with an expiry, `fieldsExpiring` hashes with fields that have one. */
export type Keyspace = Record<string, { keys: number; expiring: number; fieldsExpiring: number }>;

export async function readInfo(link: RedisLink): Promise<Info> {
  return parseInfo(String(await link.ask("INFO")));
}

/** Tells what `readInfo` answers from what it may reject with. */
export const isInfo = (read: unknown): read is Info => typeof read === "object" && read !== null && "keyspace" in read;

function parseInfo(text: string): Info {
  const fields = new Map<string, string>();
  const modules: string[] = [];
  const keyspace: Keyspace = {};
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon < 1 || line.startsWith("#")) continue;
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1)];
    const database = /^db(\d+)$/.exec(name)?.[1];
    if (database !== undefined) keyspace[database] = databaseOf(value);
    else if (name === "module") modules.push(/name=([^,]+)/.exec(value)?.[1] ?? value);
    else fields.set(name, value);
  }
  return { field: (name) => fields.get(name), number: (name) => Number(fields.get(name) ?? 0), modules, keyspace };
}

export const keysOf = (keyspace: Keyspace) => Object.values(keyspace).reduce((sum, { keys }) => sum + keys, 0);

/** "12,345 keys in 3 databases", with functions when there are any; `undefined` when there is nothing at all. */
export function describeHoldings({ keyspace, number }: Info): string | undefined {
  const keys = keysOf(keyspace);
  const libraries = number("number_of_libraries");
  const parts = [
    ...(keys > 0 ? [`${count(keys, "key")} in ${count(Object.keys(keyspace).length, "database")}`] : []),
    ...(libraries > 0 ? [count(libraries, "function library", "function libraries")] : []),
  ];
  return parts.length > 0 ? parts.join(", ") : undefined;
}

export const count = (many: number, one: string, more = `${one}s`) =>
  `${many.toLocaleString("en")} ${many === 1 ? one : more}`;

/** Below, above or equal to 0, by major and minor: patch releases don't change the format of an RDB. */
export function compareVersions(left: string, right: string): number {
  const [l, r] = [left, right].map((version) => version.split(".").map(Number));
  return (l?.[0] ?? 0) - (r?.[0] ?? 0) || (l?.[1] ?? 0) - (r?.[1] ?? 0);
}

function databaseOf(value: string): Keyspace[string] {
  const numbers = new Map(value.split(",").map((pair) => pair.split("=") as [string, string]));
  const number = (name: string) => Number(numbers.get(name) ?? 0);
  return { keys: number("keys"), expiring: number("expires"), fieldsExpiring: number("subexpiry") };
}
