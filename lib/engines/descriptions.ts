import { z } from "zod";
import type { EngineSections, SafetySources } from "#domain/plan.ts";
import type { Guide } from "#domain/restore-guide.ts";
import { FilesRestoreOptions, filesSections } from "./files/config.ts";
import { filesGuide } from "./files/restore-guide.ts";
import { PostgresqlRestoreOptions, postgresqlSections } from "./postgresql/config.ts";
import { postgresqlGuide } from "./postgresql/restore-guide.ts";
import { RedisSource, RedisTarget } from "./redis/config.ts";
import { guideToRdb } from "./redis/restore-guide.ts";

/** What Lambdas need to know of engines: no clients, no tools. */
export const engineSections: EngineSections = {
  files: filesSections,
  postgresql: { ...postgresqlSections, speaksSql: true },
  redis: { source: RedisSource, target: RedisTarget },
};

/** What is captured before a restore replaces it: exactly what the target holds, by the connection of its section. */
export const safetySources: SafetySources = {
  files: ({ fileSystem, accessPoint, path }) => ({ fileSystem, ...(accessPoint ? { accessPoint } : {}), path }), // whole, whatever the plan captures of it
  postgresql: (section, holds) => ({ ...section, databases: holds }), // a target's section has less than a source's, and nothing else
  redis: ({ connection, secret }) => ({ connection, secret }),
};

export const restoreGuides: Record<string, Guide> = {
  files: filesGuide,
  postgresql: postgresqlGuide,
  redis: guideToRdb,
};
export const restoreOptions: Record<string, z.ZodType> = {
  files: FilesRestoreOptions,
  postgresql: PostgresqlRestoreOptions,
  redis: z.strictObject({}),
};
export const swapKeepsOldState: Record<string, boolean> = { files: true, postgresql: true, redis: false };
