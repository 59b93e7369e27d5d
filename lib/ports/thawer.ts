import type { Retrieval } from "#domain/archive.ts";

export interface Thawer {
  /**
   * Asks for a copy of this version that can be read for so many days. Asked for before is success; of what is thawed already the
   * days begin anew.
   */
  thaw(key: string, versionId: string | undefined, how: { retrieval: Retrieval; days: number }): Promise<void>;
}
