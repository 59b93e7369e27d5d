import type { StoredVersion } from "#domain/storage.ts";

export interface Inventory {
  /** Every version of everything below the prefix, delete markers left out, page after page. */
  versions(prefix: string): AsyncIterable<StoredVersion>;
}
