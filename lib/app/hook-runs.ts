import { Quiesced, Resumed } from "#domain/hooks.ts";
import { parseJson } from "#domain/manifest.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Repository } from "#ports/repository.ts";

type Ports = { repository: Repository; layout: RepositoryLayout };
/** The hooks around one source in one execution, as the keys below `runs/hooks-…` tell. */
export type HookRun = { hookRun: string; source: string; attempts: number; isUndone: boolean };

/** All that is written down; `hookRun` narrows it to one execution, `source` to one of its sources. */
export async function findHookRuns({ repository, layout }: Ports, hookRun = "", source = ""): Promise<HookRun[]> {
  const found = new Map<string, HookRun>();
  const prefix =
    source === "" ? layout.hookRuns(hookRun) : layout.quiesced(hookRun, source).replace(/quiesced.json$/, "");
  for await (const key of repository.list(prefix)) {
    const [, run = "", name = "", , outcome] = KEY.exec(key) ?? [];
    if (outcome === undefined) continue;
    const one = found.get(`${run}/${name}`) ?? { hookRun: run, source: name, attempts: 0, isUndone: false };
    found.set(`${run}/${name}`, {
      ...one,
      attempts: one.attempts + (outcome === "quiesced" ? 0 : 1),
      isUndone: one.isUndone || outcome === "resumed",
    });
  }
  return [...found.values()];
}
const KEY = /\/runs\/(hooks-[0-9a-f]+)\/([a-z][a-z0-9-]*)\.(\d+\.)?(quiesced|resumed|not-resumed)\.json$/;

export async function readQuiesced({ repository, layout }: Ports, { hookRun, source }: HookRun): Promise<Quiesced> {
  const key = layout.quiesced(hookRun, source);
  const bytes = await repository.read(key);
  if (!bytes) throw new Error(`${key} is gone, though it was listed`);
  return parseJson(bytes, Quiesced, key);
}

/** What earlier tries have done already. */
export async function readDone({ repository, layout }: Ports, { hookRun, source, attempts }: HookRun) {
  const done = new Set<string>();
  for (let attempt = 0; attempt < attempts; attempt++) {
    const key = layout.resumed(hookRun, source, attempt, false);
    const bytes = await repository.read(key);
    for (const name of bytes ? parseJson(bytes, Resumed, key).done : []) done.add(name);
  }
  return done;
}
