import { performance } from "node:perf_hooks";
import { execa } from "execa";
import { finished, start } from "./containers.ts";
import { type Contestant, type ContestantId, contestantIds, type Ground } from "./contestants.ts";
import { type Watched, watch } from "./watch.ts";

export type Run = {
  id: ContestantId;
  round: number;
  seconds: number;
  storedBytes: number | undefined;
  watched: Watched;
};
type Tell = { begun(id: ContestantId, round: number): void; ended(run: Run): void };

/** Every contestant `rounds` times, one after the other; each round begins with another one. */
export async function race(
  contestants: Record<ContestantId, Contestant>,
  rounds: number,
  ground: Ground,
  tell: Tell,
): Promise<Run[]> {
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++)
    for (const id of [...contestantIds.slice(round % 4), ...contestantIds.slice(0, round % 4)]) {
      await execa("sync"); // what the one before has left to the disk is not this one's
      tell.begun(id, round);
      const run = { id, round, ...(await once(contestants[id], round, ground)) };
      tell.ended(run);
      runs.push(run);
    }
  return runs;
}

/** From before the container is made until it has ended. */
async function once(contestant: Contestant, round: number, ground: Ground): Promise<Omit<Run, "id" | "round">> {
  const container = await contestant.prepare(round);
  const servers = { database: ground.database.pid, objectStore: ground.objectStore.pid };
  const begun = performance.now();
  const watching = watch({ container: await start(container), ...servers });
  await finished(container.name);
  const seconds = (performance.now() - begun) / 1000;
  const watched = watching.stop();
  return { seconds, watched, storedBytes: await contestant.check(round) };
}
