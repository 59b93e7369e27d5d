import type { Artifact } from "#domain/artifact.ts";

/**
 * Commands for a person who has the artifacts' plaintext from `open_artifact NAME`, the tools of PostgreSQL, and nothing of
 * holdfast. Database names are put into shell words that expand nothing.
 */
export function postgresqlGuide(artifacts: Artifact[]): string {
  const file = ({ key }: Artifact) => key.split("/").at(-1) ?? key;
  const globals = artifacts.find(({ kind }) => kind === "globals");
  const properties = artifacts.find(({ kind }) => kind === "properties");
  const dumps = artifacts.filter(({ kind }) => kind === "dump");
  return `Needs \`psql\` and \`pg_restore\` of the version that was captured, or newer, and a server of that version or newer. Say
where it is with \`PGHOST\`, \`PGPORT\`, \`PGUSER\` (a superuser) and \`PGPASSWORD\`.

**Roles**, with their memberships, settings and passwords' hashes. Those that exist give an error each, and then get the
password and the attributes of the backup all the same: log in as a superuser that the backup does not know, for example
\`CREATE ROLE rescuer SUPERUSER LOGIN PASSWORD '…'\`. A tablespace whose directory this machine lacks is an error, too.

\`\`\`bash
${globals ? `open_artifact ${file(globals)} | psql --no-psqlrc --dbname postgres` : "# this point holds no globals"}
\`\`\`

**Databases.** \`--create\` makes each with the encoding, locale, owner, privileges and settings that it had; it must not exist
yet. When a command stops with an error, drop the database and begin it anew.

\`\`\`bash
${dumps.map((dump) => `open_artifact ${file(dump)} | pg_restore --exit-on-error --no-tablespaces --create --dbname postgres   # ${JSON.stringify(dump.subject ?? "")}`).join("\n")}
\`\`\`

**Beside what is there**, under another name, as holdfast does it. Encoding, locale, owner, privileges and settings are in
${properties ? `\`open_artifact ${file(properties)}\` (JSON)` : "no artifact of this point"}; give them to the database with \`createdb --encoding --locale --owner\`, \`GRANT … ON
DATABASE\` and \`ALTER DATABASE … SET\`.

\`\`\`bash
${dumps.map((dump, index) => `createdb --template template0 restored_${index + 1} && open_artifact ${file(dump)} | pg_restore --exit-on-error --no-tablespaces --dbname restored_${index + 1} && psql --no-psqlrc --dbname restored_${index + 1} --command ANALYZE`).join("\n")}
\`\`\`

Then rename: \`ALTER DATABASE app RENAME TO app_old;\` and \`ALTER DATABASE restored_1 RENAME TO app;\`, with nobody connected.`;
}
