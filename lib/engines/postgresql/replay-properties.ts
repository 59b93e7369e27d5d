import { escapeLiteral as literal, escapeIdentifier as name } from "pg";
import type { DatabaseProperties, SharedProperties } from "./properties.ts";

/**
 * `CREATE DATABASE`, empty and with the captured encoding and locale. Only its owner may connect yet. That is the user of
 * the restore; one that is no superuser must give it away first, since only what the captured owner could do in the public
 * schema lets objects be given to it there.
 */
export function createDatabase(
  database: string,
  properties: DatabaseProperties,
  { major, isSuperuser }: { major: number; isSuperuser: boolean },
): string[] {
  const { owner, encoding, provider, collate, ctype, locale, icuRules } = properties;
  const options = [
    "TEMPLATE template0",
    ...(isSuperuser ? [] : [`OWNER ${name(owner)}`]),
    `ENCODING ${literal(encoding)}`,
    `LC_COLLATE ${literal(collate)}`,
    `LC_CTYPE ${literal(ctype)}`,
    ...(major >= 15 ? [`LOCALE_PROVIDER ${{ c: "libc", i: "icu", b: "builtin" }[provider]}`] : []),
    ...(provider === "i" && locale !== null ? [`ICU_LOCALE ${literal(locale)}`] : []),
    ...(provider === "b" && locale !== null ? [`BUILTIN_LOCALE ${literal(locale)}`] : []),
    ...(icuRules === null ? [] : [`ICU_RULES ${literal(icuRules)}`]),
  ];
  return [
    `CREATE DATABASE ${name(database)} ${options.join(" ")}`,
    `REVOKE ALL ON DATABASE ${name(database)} FROM PUBLIC`,
  ];
}

/** Statements to be run inside the new database: what `template0` brings along and the captured one had dropped. */
export const dropWhatItLacked = ({ hasPublicSchema, hasPlpgsql }: DatabaseProperties): string[] => [
  ...(hasPublicSchema ? [] : ["DROP SCHEMA public"]),
  ...(hasPlpgsql ? [] : ["DROP EXTENSION plpgsql"]),
];

/**
 * Statements that give a database its owner, privileges, settings, comment and connection limit. Grants are made in the
 * owner's name, as the server does for a superuser.
 */
export function replayProperties(database: string, properties: SharedProperties): string[] {
  const { owner, privileges, settings, comment, connectionLimit } = properties;
  const on = `DATABASE ${name(database)}`;
  return [
    `ALTER ${on} OWNER TO ${name(owner)}`,
    ...(privileges === null
      ? [`GRANT CONNECT, TEMPORARY ON ${on} TO PUBLIC`]
      : [
          `REVOKE ALL ON ${on} FROM PUBLIC, ${name(owner)}`,
          ...privileges.map(
            ({ grantee, privilege, isGrantable }) =>
              `GRANT ${privilege} ON ${on} TO ${grantee === null ? "PUBLIC" : name(grantee)}${isGrantable ? " WITH GRANT OPTION" : ""}`,
          ),
        ]),
    ...settings.map(({ role, setting }) => {
      const at = setting.indexOf("=");
      const who = role === null ? `ALTER ${on}` : `ALTER ROLE ${name(role)} IN ${on}`;
      return `${who} SET ${parameterName(setting.slice(0, at))} TO ${parameterValue(setting.slice(0, at), setting.slice(at + 1))}`;
    }),
    ...(comment === null ? [] : [`COMMENT ON ${on} IS ${literal(comment)}`]),
    `ALTER ${on} CONNECTION LIMIT ${connectionLimit}`,
  ];
}

/** `app.tenant` is a name of two parts. */
const parameterName = (parameter: string) => parameter.split(".").map(name).join(".");

// GUC_LIST_QUOTE: kept as a list of quoted identifiers, which one literal would make a single name of
// (variable_is_guc_list_quote in src/bin/pg_dump/dumputils.c).
const LISTS = new Set([
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "shared_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
]);

function parameterValue(parameter: string, value: string): string {
  if (!LISTS.has(parameter.toLowerCase())) return literal(value);
  const entries = [...value.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)];
  if (entries.length === 0) return literal("");
  return entries.map(([, quoted, plain]) => literal(quoted?.replaceAll('""', '"') ?? plain ?? "")).join(", ");
}
