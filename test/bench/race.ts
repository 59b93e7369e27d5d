import { performance } from "node:perf_hooks";
import { execa } from "execa";
import { finished, start } from "./containers.ts";
import type { Contestant } from "./contestants.ts";
import type { Ground } from "./ground.ts";
import { type Watched, watch } from "./watch.ts";

export type Run<Id extends string> = {
  id: Id;
  round: number;
  seconds: number;
  storedBytes: number | undefined;
  watched: Watched;
};
type Tell<Id extends string> = { begun(id: Id, round: number): void; ended(run: Run<Id>): void };

/** Every contestant `rounds` times, one after the other; each round begins with another one. */
export async function race<Id extends string>(
  contestants: Record<Id, Contestant>,
  rounds: number,
  ground: Ground,
  tell: Tell<Id>,
): Promise<Run<Id>[]> {
  const ids = Object.keys(contestants) as Id[];
  const runs: Run<Id>[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = round % ids.length;
    for (const id of [...ids.slice(first), ...ids.slice(0, first)]) {
      await execa("sync"); // what the one before has left to the disk is not this one's
      tell.begun(id, round);
      const run = { id, round, ...(await once(contestants[id], round, ground)) };
      tell.ended(run);
      runs.push(run);
    }
  }
  return runs;
}

/** From before the container is made until it has ended. */
async function once<Id extends string>(
  contestant: Contestant,
  round: number,
  ground: Ground,
): Promise<Omit<Run<Id>, "id" | "round">> {
  const container = await contestant.prepare(round);
  const servers = { database: ground.database.pid, objectStore: ground.objectStore.pid };
  const begun = performance.now();
  const watching = watch({ container: await start(container), ...servers });
  await finished(container.name);
  const seconds = (performance.now() - begun) / 1000;
  const watched = watching.stop();
  return { seconds, watched, storedBytes: await contestant.check(round) };
}
