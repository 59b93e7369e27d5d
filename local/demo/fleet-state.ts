import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalStage } from "../local-stage.ts";
import { execIn } from "../podman.ts";
import { stageSecrets } from "../secrets.ts";
import { lookAtTree } from "./tree-state.ts";

/** SQL as the superuser inside the container; the rows' first column, trimmed. */
export async function sql(container: string, database: string, statement: string): Promise<string> {
  const run = await execIn(container, ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database], {
    input: statement,
  });
  if (run.exitCode !== 0) throw new Error(`psql: ${run.stderr}`);
  return run.stdout.trim();
}

/** A Redis command, by the fleet's own login; the password goes by the environment of the shell that is in the container. */
export async function redis(
  stage: LocalStage,
  name: "sessions" | "staging-redis",
  ...command: string[]
): Promise<string> {
  const { username, password } = (await stageSecrets())[name];
  const container = name === "sessions" ? stage.sources.sessions.container : stage.targets["staging-redis"].container;
  const login = `AUTH ${username} ${password}\n`;
  const quoted = command.map((word) => JSON.stringify(word)).join(" ");
  const run = await execIn(container, ["redis-cli", "--no-auth-warning"], { input: `${login}${quoted}\n` });
  return run.stdout.trim().replace(/^OK\n/, "");
}

export type FleetState = {
  customers: string;
  orderLines: string;
  reports: string;
  keys: string;
  digest: string;
  files: string;
  tree: string;
};

/** Asked of the servers themselves, past holdfast: what an operator would look at. */
export async function lookAtFleet(stage: LocalStage): Promise<FleetState> {
  const { container } = stage.sources["app-db"];
  const count = (table: string) => sql(container, "app", `SELECT count(*) FROM ${table}`).catch(() => "gone");
  const [customers, orderLines, reports, keys, digest, tree] = await Promise.all([
    count("shop.customers"),
    count("shop.order_lines"),
    count("back_office.reports"),
    redis(stage, "sessions", "INFO", "keyspace").then((text) =>
      [...text.matchAll(/keys=(\d+)/g)].reduce((sum, [, keys]) => sum + Number(keys), 0),
    ),
    redis(stage, "sessions", "DEBUG", "DIGEST"),
    lookAtTree(stage.sources.uploads.folder),
  ]);
  return {
    ...{ customers, orderLines, reports, keys: String(keys), digest: digest.slice(0, 12) },
    ...{ files: String(tree.files), tree: tree.digest.slice(0, 12) },
  };
}

/** A table dropped, rows deleted, the cache emptied, files deleted and one overwritten. */
export async function disaster(stage: LocalStage): Promise<void> {
  const { container } = stage.sources["app-db"];
  await sql(
    container,
    "app",
    "DROP TABLE back_office.reports CASCADE; DELETE FROM shop.order_lines WHERE order_id % 3 = 0;",
  );
  await redis(stage, "sessions", "FLUSHALL");
  const { folder } = stage.sources.uploads;
  await rm(join(folder, "resumes/2026-03"), { recursive: true });
  await writeFile(join(folder, "resumes/2026-01/person-0/cv-2.pdf"), "PAY TO GET YOUR FILES BACK\n");
}
