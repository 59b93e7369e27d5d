/** What deletes for good. Only the sweep of retention is given it: nothing else of holdfast deletes. */
export interface Eraser {
  /** What Object Lock says against it, in words; undefined when nothing does, or the version is gone. */
  lockOn(key: string, versionId: string): Promise<string | undefined>;
  /** Takes one version away, or a delete marker. Gone already is success. */
  erase(key: string, versionId: string): Promise<void>;
}
