import type { Repository } from "../../../lib/ports/repository.ts";

/** What is in a repository is never changed: what was read once is not asked for again. A year is read many times over. */
export function remembering(repository: Repository): Repository {
  const bodies = new Map<string, Uint8Array>();
  const heads = new Map<string, Awaited<ReturnType<Repository["head"]>>>();
  return {
    ...repository,
    async read(key) {
      const known = bodies.get(key);
      if (known) return known;
      const body = await repository.read(key);
      if (body) bodies.set(key, body);
      return body;
    },
    async head(key, versionId) {
      const its = `${key} ${versionId}`;
      const known = heads.get(its);
      if (known) return known;
      const head = await repository.head(key, versionId);
      if (head) heads.set(its, head);
      return head;
    },
  };
}
