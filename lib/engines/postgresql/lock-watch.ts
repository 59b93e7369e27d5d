import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "pg";
import { z } from "zod";
import { SourceBusy } from "#domain/errors.ts";
import { type Login, rows, withClient } from "./connection.ts";

const LOOK_EVERY_MS = 1_000;
const KEEP_ALIVE_EVERY_MS = 30_000;

type Watch = {
  coordinator: Client;
  pid: number;
  lockTimeoutSeconds: number;
  stop: AbortController;
  signal: AbortSignal;
};

/**
 * Looks for sessions that wait behind the locks of `coordinator`. An ALTER that waits there makes every later query on the
 * table wait behind itself, and so the application, and the server sees no deadlock in it: after `lockTimeoutSeconds`
 * `stop` is aborted with a `SourceBusy` that names the session. It also keeps the coordinator's connection alive.
 */
export function watchWaiters(
  login: Login,
  database: string,
  { coordinator, pid, lockTimeoutSeconds, stop, signal }: Watch,
): { end(): Promise<void> } {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const watching = withClient(login, database, either, async (client) => {
    const firstSeen = new Map<number, number>();
    for (let aliveAt = Date.now(); ; ) {
      const waiting = await rows(client, Waiter, WAITERS, [pid]);
      for (const { waiter } of waiting) if (!firstSeen.has(waiter)) firstSeen.set(waiter, Date.now());
      for (const seen of firstSeen.keys()) if (!waiting.some(({ waiter }) => waiter === seen)) firstSeen.delete(seen);
      const tooLong = waiting.find(
        ({ waiter }) => Date.now() - (firstSeen.get(waiter) ?? Date.now()) >= lockTimeoutSeconds * 1000,
      );
      if (tooLong)
        throw new SourceBusy(
          `database "${database}": gave way after ${lockTimeoutSeconds} s to ${tooLong.who}, which waited behind the locks of the capture. Nothing of this capture remains; capture it again once that has finished`,
        );
      if (Date.now() - aliveAt >= KEEP_ALIVE_EVERY_MS) {
        await coordinator.query("select 1");
        aliveAt = Date.now();
      }
      await wait(LOOK_EVERY_MS, undefined, { signal: either });
    }
  }).catch((error: unknown) => {
    if (!either.aborted) stop.abort(error);
  });
  return {
    end: async () => {
      ended.abort();
      await watching;
    },
  };
}

const Waiter = z.object({ waiter: z.int(), who: z.string() });

// Not on the coordinator itself: in one long transaction it would see the sessions of its beginning for ever.
const WAITERS = `
  select l.pid as waiter, format('pid %s of %s (%s, from %s), which wants %s on %s', l.pid, a.usename, coalesce(nullif(a.application_name, ''), 'no name'),
    coalesce(host(a.client_addr), 'a local socket'), l.mode, l.relation::regclass) as who
  from pg_locks l left join pg_stat_activity a on a.pid = l.pid
  where not l.granted and l.locktype = 'relation' and $1 = any(pg_blocking_pids(l.pid))`;
