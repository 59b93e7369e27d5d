import type { Artifact } from "#domain/artifact.ts";
import { SCRATCH_PORT } from "./config.ts";
import { rdbOf } from "./rdb-of.ts";

/** Commands for a person who has the artifact's plaintext from `open_artifact NAME`, and nothing of holdfast. */
export function guideToRdb(artifacts: Artifact[]): string {
  const name = rdbOf(artifacts).key.split("/").at(-1);
  return `Needs \`redis-server\` and \`redis-cli\`, not older than the Redis that was captured.

\`\`\`sh
mkdir -p restored && open_artifact ${name} > restored/dump.rdb
redis-check-rdb restored/dump.rdb          # says: RDB looks OK
\`\`\`

**As a server of its own.** Keys whose time has passed are dropped while it loads.

\`\`\`sh
redis-server --dir "$PWD/restored" --dbfilename dump.rdb --port ${SCRATCH_PORT} --save "" --daemonize yes
redis-cli -p ${SCRATCH_PORT} INFO keyspace
\`\`\`

**In place of a server that is stopped.** Copy \`dump.rdb\` over the file that its settings \`dir\` and \`dbfilename\` name, owned by
its user, and start it. With \`appendonly yes\` it would load the append-only file instead: move \`appenddir\` away, start it with
\`--appendonly no\`, and switch on again with \`CONFIG SET appendonly yes\`.

**Into a server that runs** and can reach yours (where it asks for a login, give it to \`redis-cli\` with \`--user\` and
\`REDISCLI_AUTH\`). It loses what it holds, all at once, and only when it has the other in whole. Its \`masteruser\` and
\`masterauth\`, if it has them, are to be set back at the end.

\`\`\`sh
password=$(head -c 32 /dev/urandom | sha256sum | cut -c 1-64)
redis-cli -p ${SCRATCH_PORT} CONFIG SET repl-diskless-sync-delay 0 requirepass "$password"
redis-cli -h TARGET CONFIG SET masteruser "" masterauth "$password"
redis-cli -h TARGET REPLICAOF THIS_HOST ${SCRATCH_PORT}
until redis-cli -h TARGET INFO replication | grep -q master_link_status:up; do sleep 1; done
redis-cli -h TARGET REPLICAOF NO ONE
redis-cli -h TARGET CONFIG SET masterauth ""
\`\`\``;
}
