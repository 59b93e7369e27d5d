import { defineEngine } from "#ports/engine.ts";
import { capture } from "./capture.ts";
import { PostgresqlRestoreOptions, postgresqlSections } from "./config.ts";
import { inspect } from "./inspect.ts";
import { preflight } from "./preflight.ts";
import { restore } from "./restore.ts";
import { postgresqlGuide } from "./restore-guide.ts";
import { rollback } from "./rollback.ts";
import { verify } from "./verify.ts";

/** PostgreSQL by `pg_dump`: each database consistent in itself, a large one in several streams of one snapshot. */
export const postgresql = defineEngine({
  id: "postgresql",
  section: postgresqlSections,
  restoreOptions: PostgresqlRestoreOptions,
  traits: { swapKeepsOldState: true, needsRoot: false },
  restoreGuide: postgresqlGuide,
  preflight,
  capture,
  verify,
  inspect,
  restore,
  rollback,
});
