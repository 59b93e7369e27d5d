import pMap from "p-map";
import { describeError, ManifestInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { BackupId } from "#domain/ids.ts";
import { type ListedPoint, listed } from "#domain/listed-point.ts";
import { type Manifest, parseManifest } from "#domain/manifest.ts";
import type { ReleasedProof } from "#domain/proof.ts";
import type { Proved, RecoveryPoint, Released } from "#domain/recovery-point.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { SignatureCheck } from "#ports/keys.ts";
import type { Repository } from "#ports/repository.ts";
import { type LetGo, readExpiries } from "./read-expiries.ts";
import { readProofs } from "./read-proofs.ts";
import { readSigned } from "./signed-objects.ts";

export type CatalogPorts = { repository: Repository; layout: RepositoryLayout; signatures: SignatureCheck };
/** A backup that can't be believed: its manifest is not ours, or is not a manifest. It holds no recovery points. */
export type RefusedBackup = { backupId: BackupId; reason: string };

export type BackupPoints<P = RecoveryPoint> = { points: P[]; refused: RefusedBackup[] };
export type ReadBackup<P = RecoveryPoint> = (backupId: BackupId) => Promise<BackupPoints<P>>;

const READS_AT_ONCE = 16;

/** The manifest and its hash; undefined when there is no such backup. Throws `SignatureInvalid` or `ManifestInvalid`. */
export async function readManifest(
  { repository, layout, signatures }: CatalogPorts,
  backupId: BackupId,
): Promise<{ manifest: Manifest; manifestSha256: string } | undefined> {
  const key = layout.manifest(backupId);
  const bytes = await readSigned({ repository, signatures }, key, (hash) => layout.manifestSignature(backupId, hash));
  if (!bytes) return undefined;
  const manifest = parseManifest(bytes);
  if (manifest.backupId !== backupId || !key.startsWith(`${manifest.stage}/`))
    throw new ManifestInvalid(
      `${key} is the manifest of ${manifest.stage}/${manifest.backupId}, and does not belong here`,
    );
  return { manifest, manifestSha256: sha256(bytes) };
}

/** Every backup in the repository, newest first, read from the bucket alone. */
export async function readCatalog(
  ports: CatalogPorts,
  wanted: { source?: string; newest?: number } = {},
): Promise<BackupPoints> {
  const ids = (await backupIds(ports)).slice(0, wanted.newest);
  return readEach({ ids, read: (id) => pointsOf(ports, id, wanted.source) });
}

/** Some backups, in the order of `ids`, a few at once, until there is enough: that is asked before the `next` ones are read. */
export async function readUntil<P>(
  read: ReadBackup<P>,
  ids: BackupId[],
  isEnough: (points: P[], next: BackupId[]) => boolean,
): Promise<P[]> {
  const points: P[] = [];
  for (let from = 0; from < ids.length; from += READS_AT_ONCE) {
    const next = ids.slice(from, from + READS_AT_ONCE);
    if (isEnough(points, next)) break;
    points.push(...(await readEach({ ids: next, read })).points);
  }
  return points;
}

/** All of these backups, in the order of `ids`. */
export async function readEach<P>({ ids, read }: { ids: BackupId[]; read: ReadBackup<P> }): Promise<BackupPoints<P>> {
  const found = await pMap(ids, read, { concurrency: READS_AT_ONCE });
  return { points: found.flatMap(({ points }) => points), refused: found.flatMap(({ refused }) => refused) };
}

/** All backups, newest first, and how each is read. */
export type Backups = { ids: BackupId[]; read: ReadBackup<ListedPoint> };
export async function allBackups(ports: CatalogPorts): Promise<Backups> {
  const { repository, layout } = ports;
  const [ids, spokenOf] = [await backupIds(ports), new Set(await repository.folders(layout.everythingExpired))];
  return { ids, read: readListed(ports, spokenOf) };
}

/**
 * From its manifest and what was said of it since, and of its points only what a list needs. `spokenOf`: backups of which sweeps
 * have said anything, where that is known: the others need not be asked, which is a request less for each.
 */
export const readListed =
  (ports: CatalogPorts, spokenOf?: ReadonlySet<string>): ReadBackup<ListedPoint> =>
  async (backupId) => {
    const isSpokenOf = spokenOf?.has(backupId) ?? true;
    const { points, refused } = await pointsOf(ports, backupId, undefined, isSpokenOf);
    return { points: points.map(listed), refused };
  };

/** Of everything in the repository that looks like a backup, newest first; of one day (2026-02-23), if one is given. */
export async function backupIds({ repository, layout }: CatalogPorts, day = ""): Promise<BackupId[]> {
  const names = await repository.folders(`${layout.everything}${day}`);
  return names
    .flatMap((name) => BackupId.safeParse(`${day}${name}`).data ?? [])
    .toSorted()
    .reverse();
}

/** The manifest was read, and is not ours or not a manifest: what could not be read at all is something else. */
export const isUnbelievable = (error: unknown): error is Error =>
  ["SignatureInvalid", "ManifestInvalid"].includes(describeError(error).name);

/** The points of one backup. A manifest that can't be believed makes it refused; one that could not be read throws. */
export async function pointsOf(
  ports: CatalogPorts,
  backupId: BackupId,
  source?: string,
  isSpokenOf = true,
): Promise<BackupPoints> {
  let found: Awaited<ReturnType<typeof readManifest>>;
  try {
    found = await readManifest(ports, backupId);
  } catch (error) {
    if (!isUnbelievable(error)) throw error;
    const { name, message } = describeError(error);
    return { points: [], refused: [{ backupId, reason: `${name}: ${message}` }] };
  }
  if (!found) return { points: [], refused: [] };
  const { manifest, manifestSha256 } = found;
  const names = Object.keys(manifest.components).filter((name) => source === undefined || name === source);
  const letGo = isSpokenOf ? await readExpiries(ports, backupId) : new Map<string, LetGo>();
  const points = await pMap(names, async (name) => {
    const point = await pointOf(ports, manifest, manifestSha256, name);
    return expired(point, letGo.get(name));
  });
  return { points, refused: [] };
}

function expired(point: ProvenPoint, letGo: LetGo | undefined): RecoveryPoint {
  if (!letGo) return point;
  const { source, backupId, manifestSha256, component, recoveredTo, proof: was } = point;
  const { step, at, sweep, because } = letGo;
  const its = { source, backupId, manifestSha256, component, recoveredTo, because };
  if (step === "expired") return { ...its, proof: "expired", was, expiredAt: at };
  return { ...its, proof: "pruned", prunedAt: at, prunedBy: sweep, isGone: step === "pruned" };
}
type ProvenPoint = Extract<RecoveryPoint, { proof: Proved }>;

async function pointOf(
  ports: CatalogPorts,
  manifest: Manifest,
  manifestSha256: string,
  source: string,
): Promise<ProvenPoint> {
  const component = manifest.components[source];
  if (!component) throw new Error(`${manifest.backupId} has no ${source}`);
  const { backupId } = manifest;
  const point = { source, backupId, manifestSha256, component, recoveredTo: new Date(component.recoveredTo) };
  const { verified: verifications, quarantines, suspicions, releases } = await readProofs(ports, backupId, source);
  if (quarantines.length > 0) return { ...point, proof: "quarantined", reasons: reasonsOf(quarantines) };
  const verified = verifications.find((proof) => proof.manifestSha256 === manifestSha256);
  if (!verified) return { ...point, proof: "committed" };
  const facts = component.facts ?? verified.facts ?? {};
  const its = { ...point, verifiedAt: new Date(verified.verifiedAt), facts };
  if (suspicions.length > 0) return { ...its, proof: "suspicious", reasons: reasonsOf(suspicions) };
  return { ...its, proof: "verified", ...releasedBy(releases) };
}

const reasonsOf = (words: { reasons: string[] }[]) => words.flatMap(({ reasons }) => reasons);

function releasedBy(releases: ReleasedProof[]): { released?: Released } {
  const last = releases.toSorted((a, b) => (a.releasedAt < b.releasedAt ? -1 : 1)).at(-1);
  if (!last) return {};
  const wasSuspicious = releases.some((one) => one.releases.some((name) => name.startsWith("suspicious-")));
  return { released: { wasSuspicious, at: new Date(last.releasedAt), by: last.who.claimed, why: last.why } };
}
