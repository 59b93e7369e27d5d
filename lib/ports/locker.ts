/** Object Lock. What it has locked it can't unlock. */
export interface Locker {
  /** Until when this version is locked, if it is. */
  lockedUntil(key: string, versionId: string): Promise<Date | undefined>;
  /** Locks it until then, or extends its lock. Never shortens one. */
  lock(key: string, versionId: string, how: { mode: "governance" | "compliance"; until: Date }): Promise<void>;
}
