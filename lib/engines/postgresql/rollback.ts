import { escapeIdentifier as name } from "pg";
import { z } from "zod";
import { NothingToRollBack } from "#domain/errors.ts";
import type { EngineTools, RestoreResult, RestoreToUndo } from "#ports/engine.ts";
import { keptName } from "./beside.ts";
import type { PostgresqlTarget } from "./config.ts";
import { readLogin, rows } from "./connection.ts";
import { withServer } from "./server.ts";
import { swap } from "./swap.ts";

/** What the restored databases are called when their old states have their names back. At most 63 bytes. */
const undoneName = (restoreId: string, number: number) => `holdfast_undone_${restoreId}_${number}`;

/** Gives the old databases their names back, all at once; the restored ones are kept, with all that came into them since. */
export async function rollback(
  tools: EngineTools,
  target: PostgresqlTarget,
  { restoreId, putThere }: RestoreToUndo,
): Promise<Pick<RestoreResult, "kept" | "notes">> {
  const login = await readLogin(tools, target);
  const moves = putThere.map(({ name: current }, index) => ({
    current,
    beside: keptName(restoreId, { number: index + 1 }),
    kept: undoneName(restoreId, index + 1),
  }));
  const names = moves.map(({ current }) => current);
  return withServer(login, names, tools.signal, async (admin) => {
    const wanted = moves.map(({ beside }) => beside);
    const found = await rows(admin, Named, "select datname as name from pg_database where datname = any($1)", [wanted]);
    const there = moves.filter(({ beside }) => found.some((database) => database.name === beside));
    if (there.length === 0)
      throw new NothingToRollBack(
        `None of ${wanted.join(", ")} is on ${login.host}:${login.port}: what the restore replaced was dropped or rolled back since, or there was nothing. Nothing was touched`,
      );
    const { ended, replaced } = await swap(admin, login, there, tools.signal);
    return {
      kept: there
        .filter(({ current }) => replaced.includes(current))
        .map(({ current, kept }) => ({
          what: `database "${current}" as it was until this rollback, now "${kept}"`,
          drop: `DROP DATABASE ${name(kept)};`,
        })),
      notes: [
        ...moves
          .filter((move) => !there.includes(move))
          .map(({ current }) => `database "${current}" stays as it is: of it, no old state is there`),
        ...ended.map((who) => `ended ${who}`),
      ],
    };
  });
}

const Named = z.object({ name: z.string() });
