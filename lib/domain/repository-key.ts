import { BackupId } from "./ids.ts";
import { sourceOfArtifact } from "./repository-layout.ts";

/** Where a key belongs: what repository-layout.ts builds, read backwards. */
export type Place =
  | { kind: "artifact" | "manifest" | "manifest signature" | "restore guide" | "proof"; backupId: BackupId }
  | {
      kind:
        | "wrapped key"
        | "run"
        | "evidence"
        | "expiry"
        | "hold"
        | "audit entry"
        | "audit export"
        | "alarm"
        | "incident";
    };

const OF_A_BACKUP = [
  ["manifest", /^manifest\.json$/],
  ["manifest signature", /^manifest\.[0-9a-f]{64}\.sig$/],
  ["restore guide", /^RESTORE\.md$/],
  [
    "proof",
    /^proofs\/[a-z][a-z0-9-]*\/(verified|suspicious|quarantined|released|proven|copied)-[\w-]+(\.json|\.[0-9a-f]{64}\.sig)$/,
  ],
] as const;
const ELSEWHERE = [
  ["wrapped key", /^keys\/[\w.-]+\/\d+\.json$/],
  ["run", /^runs\/[\w-]+\/[\w.-]+\.json$/],
  ["run", /^runs\/index-\d{4}-[\dTZ.-]+\/points(\.json|\.[0-9a-f]{64}\.sig)$/],
  [
    "expiry",
    /^expired\/\d{4}-[a-z0-9-]+\/[a-z][a-z0-9-]*\/[\d-]+-[a-z0-9]{4}-(expired|kept|pruning|pruned|orphans)(\.json|\.[0-9a-f]{64}\.sig)$/,
  ],
  [
    "incident",
    /^incidents\/DR-\d{4}-\d{2}-\d{2}-\d{3}\/((opened|closed|steps\/[a-z]+)(\.json|\.[0-9a-f]{64}\.sig)|report\.md)$/,
  ],
  ["alarm", /^alarms\/[a-z][a-z0-9-]*\/[A-Z][A-Za-z]*\/\d{6}\.json$/],
  ["audit entry", /^audit\/\d{4}\/\d\d\/\d\d\/\d{6}(\.json|\.[0-9a-f]{64}\.sig)$/],
  ["audit export", /^exports\/[\d-]+-[a-z0-9]{4}\/audit-[\d-]+(\.csv|\.json)?(\.[0-9a-f]{64}\.sig)?$/],
  ["hold", /^holds\/[\d-]+-[a-z0-9]{4}(\.released)?(\.json|\.[0-9a-f]{64}\.sig)$/],
  [
    "evidence",
    /^restores\/[\w-]+\/(evidence|rollback|dropped|cancelled|approval-requested|approval-decided)(\.json|\.[0-9a-f]{64}\.sig)$/,
  ],
] as const;

/** Undefined for a key that nothing of holdfast would ever write. */
export function placeOf(stage: string, key: string): Place | undefined {
  if (!key.startsWith(`${stage}/`)) return undefined;
  const path = key.slice(stage.length + 1);
  const elsewhere = ELSEWHERE.find(([, pattern]) => pattern.test(path));
  if (elsewhere) return { kind: elsewhere[0] };
  const slash = path.indexOf("/");
  const id = BackupId.safeParse(path.slice(0, slash));
  if (!id.success) return undefined;
  const [backupId, file] = [id.data, path.slice(slash + 1)];
  const found = OF_A_BACKUP.find(([, pattern]) => pattern.test(file));
  if (found) return { kind: found[0], backupId };
  return isArtifact(backupId, file) ? { kind: "artifact", backupId } : undefined;
}

/** The point that an artifact or a wrapped key belongs to: the only things that retention deletes. */
export function prunedPointOf(stage: string, key: string): { backupId: BackupId; source: string } | undefined {
  const place = placeOf(stage, key);
  if (place?.kind === "artifact") return { backupId: place.backupId, source: sourceOfArtifact(place.backupId, key) };
  const [, id, source] = /\/keys\/([^./]+)\.([^./]+)\.\d+\/\d+\.json$/.exec(key) ?? [];
  const backupId = BackupId.safeParse(id);
  return place?.kind === "wrapped key" && backupId.success && source !== undefined
    ? { backupId: backupId.data, source }
    : undefined;
}

const isArtifact = (backupId: string, file: string) => {
  const [source, rest] = file.split(`-${backupId}.`);
  return /^[a-z][a-z0-9-]*$/.test(source ?? "") && /^\d+\.\d{3}\.[a-z0-9-]+\.zst\.gpg$/.test(rest ?? "");
};
