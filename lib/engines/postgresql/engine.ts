import { defineEngine } from "#ports/engine.ts";
import { capture } from "./capture.ts";
import { chooseDatabases } from "./chosen.ts";
import { PostgresqlRestoreOptions, postgresqlSections } from "./config.ts";
import { artifactsOf } from "./database-streams.ts";
import { dropOld } from "./drop-old.ts";
import { inspect } from "./inspect.ts";
import { preflight } from "./preflight.ts";
import { reach } from "./reach.ts";
import { restore } from "./restore.ts";
import { postgresqlGuide } from "./restore-guide.ts";
import { rollback } from "./rollback.ts";
import { runSql } from "./run-sql.ts";
import { verify } from "./verify.ts";

/** PostgreSQL by `pg_dump`: each database consistent in itself, a large one in several streams of one snapshot. */
export const postgresql = defineEngine({
  id: "postgresql",
  section: postgresqlSections,
  restoreOptions: PostgresqlRestoreOptions,
  traits: { swapKeepsOldState: true, needsRoot: false },
  restoreGuide: postgresqlGuide,
  reach,
  preflight,
  capture,
  verify,
  inspect,
  readsToRestore: (point) => chooseDatabases(point).flatMap(({ streams }) => artifactsOf(streams)),
  restore,
  rollback,
  runSql,
  dropOld,
});
