import type { Artifact } from "#domain/artifact.ts";
import { connectionString } from "./connection-string.ts";
import { type DatabaseStreams, databaseStreams } from "./database-streams.ts";

/**
 * Commands for a person who has the artifacts' plaintext from `open_artifact NAME`, the tools of PostgreSQL, and nothing of
 * holdfast. Database names are put into shell words that expand nothing.
 */
export function postgresqlGuide(artifacts: Artifact[]): string {
  const globals = artifacts.find(({ kind }) => kind === "globals");
  const properties = artifacts.find(({ kind }) => kind === "properties");
  const databases = [...databaseStreams(artifacts)].flatMap(([name, streams]) => (streams ? [{ name, streams }] : []));
  return `Needs \`psql\` and \`pg_restore\` of the version that was captured, or newer, and a server of that version or newer. Say
where it is with \`PGHOST\`, \`PGPORT\`, \`PGUSER\` (a superuser) and \`PGPASSWORD\`. With the certificate of
the server's authority in \`ca.pem\`, \`export PGSSLMODE=verify-full PGSSLROOTCERT=ca.pem\` sends nothing in plain, and nothing
to another server. A database may be set to be read-only, which
would count for the commands below as well:

\`\`\`bash
export PGOPTIONS='-c default_transaction_read_only=off'
\`\`\`

**Roles**, with their memberships, settings and passwords' hashes. Those that exist give an error each, and then get the
password and the attributes of the backup all the same: log in as a superuser that the backup does not know, for example
\`CREATE ROLE rescuer SUPERUSER LOGIN PASSWORD '…'\`. A tablespace whose directory this machine lacks is an error, too.

\`\`\`bash
${globals ? `open_artifact ${file(globals)} | psql --no-psqlrc --dbname postgres` : "# this point holds no globals"}
\`\`\`

**Databases.** \`--create\` makes each with the encoding, locale, owner, privileges and settings that it had; it must not exist
yet. When a command stops with an error, drop the database and begin it anew.${databases.some(({ streams }) => "schema" in streams) ? SPLIT : ""}

\`\`\`bash
${databases.map(({ name, streams }) => asItWas(name, streams)).join("\n")}
\`\`\`

**Beside what is there**, under another name, as holdfast does it. Encoding, locale, owner, privileges and settings are in
${properties ? `\`open_artifact ${file(properties)}\` (JSON)` : "no artifact of this point"}; give them to the database with \`createdb --encoding --locale --owner\`, \`GRANT … ON
DATABASE\` and \`ALTER DATABASE … SET\`.

\`\`\`bash
${databases.map(({ streams }, index) => beside(`restored_${index + 1}`, streams)).join("\n")}
\`\`\`

Then rename: \`ALTER DATABASE app RENAME TO app_old;\` and \`ALTER DATABASE restored_1 RENAME TO app;\`, with nobody connected.

**Some tables only.** \`open_artifact NAME > archive\`, \`pg_restore --list archive > list\`, delete the lines of \`list\` that you don't
want, and \`pg_restore --use-list=list --dbname EMPTY_DATABASE archive\`. A table needs the lines of its schema and of the types,
functions and extensions that it uses; its rows are \`TABLE DATA\` (of a database in several artifacts in one of the \`data-…\`,
which has a list of its own), and \`SEQUENCE\`, \`DEFAULT\`, \`CONSTRAINT\`, \`INDEX\`, \`TRIGGER\` and \`ACL\` name it. A line that
another one needs and that is not there ends in an error.`;
}

const SPLIT = ` A database in
several artifacts is loaded in this order: its \`schema\` without what comes after the rows, the rows of each \`data-…\`, then
the rest of the \`schema\`. The \`data-…\` do not depend on each other: to save time, load them in several terminals at once.`;

const RESTORE = "pg_restore --exit-on-error --no-tablespaces";

function asItWas(name: string, streams: DatabaseStreams): string {
  const create = `${RESTORE} --create --dbname postgres`;
  if ("dump" in streams) return `open_artifact ${file(streams.dump)} | ${create}   # ${JSON.stringify(name)}`;
  return inSteps(streams, create, shellWord(connectionString(name)));
}

function beside(name: string, streams: DatabaseStreams): string {
  const load =
    "dump" in streams
      ? `open_artifact ${file(streams.dump)} | ${RESTORE} --dbname ${name}`
      : inSteps(streams, `${RESTORE} --dbname ${name}`, name);
  return `createdb --template template0 ${name} && ${load} && psql --no-psqlrc --dbname ${name} --command ANALYZE`;
}

/** Only a file can be restored from twice, and by several sessions. */
function inSteps({ schema, data }: { schema: Artifact; data: Artifact[] }, first: string, database: string): string {
  const plain = file(schema).replace(/\.zst\.gpg$/, "");
  return [
    `open_artifact ${file(schema)} > ${plain} && ${first} --section=pre-data ${plain}`,
    ...data.map((rows) => `open_artifact ${file(rows)} | ${RESTORE} --dbname ${database}`),
    `${RESTORE} --dbname ${database} --section=post-data ${plain}`,
  ].join(" &&\n  ");
}

const file = ({ key }: Artifact) => key.split("/").at(-1) ?? key;
const shellWord = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
