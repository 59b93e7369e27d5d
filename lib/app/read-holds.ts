import { Hold, HoldId, HoldRelease, unreadableHold } from "#domain/hold.ts";
import { parseJson } from "#domain/manifest.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readSignedProof } from "./signed-objects.ts";

/** The hold ids of everything that lies below `holds/`, a lone signature included. */
async function holdIds({ repository, layout }: CatalogPorts): Promise<HoldId[]> {
  const ids = new Set<HoldId>();
  for await (const key of repository.list(layout.holds)) {
    const id = HoldId.safeParse(key.slice(layout.holds.length).split(".")[0]);
    if (id.success) ids.add(id.data);
  }
  return [...ids];
}

/** A hold, or what stands for one whose words are lost; undefined when there never was one of this id. */
export async function findHold(ports: CatalogPorts, holdId: HoldId): Promise<Hold | undefined> {
  return (await holdIds(ports)).includes(holdId) ? readHold(ports, holdId) : undefined;
}

/** Every hold that nobody has released, oldest first. A release counts only when it is signed by us. */
export async function readHolds(ports: CatalogPorts): Promise<Hold[]> {
  const holds: Hold[] = [];
  for (const holdId of await holdIds(ports))
    if (!(await isReleased(ports, holdId))) holds.push(await readHold(ports, holdId));
  return holds;
}

async function readHold(ports: CatalogPorts, holdId: HoldId): Promise<Hold> {
  const key = ports.layout.hold(holdId);
  const bytes = await readSignedProof(ports, key);
  if (!bytes) return unreadableHold(holdId);
  const hold = parseJson(bytes, Hold, key);
  return hold.holdId === holdId ? hold : unreadableHold(holdId);
}

async function isReleased(ports: CatalogPorts, holdId: HoldId): Promise<boolean> {
  const key = ports.layout.holdRelease(holdId);
  const bytes = await readSignedProof(ports, key);
  return bytes !== undefined && parseJson(bytes, HoldRelease, key).holdId === holdId;
}
