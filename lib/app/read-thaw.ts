import { Thaw } from "#domain/archive.ts";
import type { RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { CatalogPorts } from "./catalog.ts";

/** How it began. */
export const firstThaw = async (ports: CatalogPorts, restoreId: RestoreId): Promise<Thaw | undefined> =>
  read(ports, (await notesOf(ports, restoreId))[0]);

/** How far a restore's thaw is; undefined where nothing had to be thawed. */
export const newestThaw = async (ports: CatalogPorts, restoreId: RestoreId): Promise<Thaw | undefined> =>
  read(ports, (await notesOf(ports, restoreId)).at(-1));

/** One per number of artifacts that can be read, in order. */
async function notesOf({ repository, layout }: CatalogPorts, restoreId: RestoreId): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of repository.list(layout.thaws(restoreId))) keys.push(key);
  return keys;
}

async function read({ repository }: CatalogPorts, key: string | undefined): Promise<Thaw | undefined> {
  const bytes = key === undefined ? undefined : await repository.read(key);
  return bytes && key !== undefined ? parseJson(bytes, Thaw, key) : undefined;
}
