import { z } from "zod";
import { branch, type Facts } from "#domain/facts.ts";
import type { Tallies } from "#domain/measure.ts";
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

const numbersIn = (facts: Facts) =>
  Object.entries(facts).flatMap(([name, fact]) => (typeof fact === "number" ? [[name, fact] as const] : []));

/** What of their facts can be held against those of another day. */
export const tallies: Tallies = {
  files: (facts) => ({
    noun: "files",
    counts: Object.fromEntries(numbersIn(branch(facts, "tree")).filter(([name]) => name === "files")),
  }),
  postgresql: (facts) => {
    const databases = Object.keys(branch(facts, "databases")).map((name) => {
      const its = branch(branch(facts, "databases"), name);
      const counts = numbersIn(branch(its, "rows")).map(([table, rows]) => [`${name} › ${table}`, rows] as const);
      const shape = { schema: branch(its, "schema"), extensions: branch(its, "extensions") };
      return { counts, schema: [name, shape] as const };
    });
    return {
      noun: "rows",
      counts: Object.fromEntries(databases.flatMap(({ counts }) => counts)),
      schema: Object.fromEntries(databases.map(({ schema }) => schema)),
    };
  },
  redis: (facts) => ({
    noun: "keys",
    counts: Object.fromEntries(
      Object.keys(branch(facts, "databases")).flatMap((name) =>
        numbersIn(branch(branch(facts, "databases"), name))
          .filter(([what]) => what === "keys")
          .map(([, keys]) => [`database ${name}`, keys] as const),
      ),
    ),
  }),
};
