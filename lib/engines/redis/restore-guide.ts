import type { Artifact } from "#domain/artifact.ts";
import { SCRATCH_PORT } from "./config.ts";
import { rdbOf } from "./verify.ts";

/** Commands for a person who has the artifact's plaintext from `open_artifact NAME`, and nothing of holdfast. */
export function guideToRdb(artifacts: Artifact[]): string {
  const name = rdbOf(artifacts).key.split("/").at(-1);
  return `Needs \`redis-server\` and \`redis-cli\`, not older than the Redis that was captured.

\`\`\`sh
mkdir -p restored && open_artifact ${name} > restored/dump.rdb
redis-check-rdb restored/dump.rdb          # ends with: RDB looks OK
\`\`\`

**As a server of its own.** Keys whose time has passed are dropped while it loads.

\`\`\`sh
redis-server --dir "$PWD/restored" --dbfilename dump.rdb --port ${SCRATCH_PORT} --save "" --daemonize yes
redis-cli -p ${SCRATCH_PORT} INFO keyspace
\`\`\`

**In place of a server that is stopped.** Copy \`dump.rdb\` over the file that its settings \`dir\` and \`dbfilename\` name, owned by
its user, and start it. With \`appendonly yes\` it would load the append-only file instead: move \`appenddir\` away, start it with
\`--appendonly no\`, and switch on again with \`CONFIG SET appendonly yes\`.

**Into a server that runs**, which needs to reach yours and loses what it holds, all at once:

\`\`\`sh
redis-cli -p ${SCRATCH_PORT} CONFIG SET repl-diskless-sync-delay 0
redis-cli -p ${SCRATCH_PORT} CONFIG SET requirepass "$(openssl rand -hex 16 | tee password)"
redis-cli -h TARGET CONFIG SET masterauth "$(cat password)"
redis-cli -h TARGET REPLICAOF THIS_HOST ${SCRATCH_PORT}
redis-cli -h TARGET INFO replication       # until it says: master_link_status:up
redis-cli -h TARGET REPLICAOF NO ONE
redis-cli -h TARGET CONFIG SET masterauth ""
\`\`\``;
}
