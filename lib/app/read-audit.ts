import { proveAudit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import type { Answer } from "./start-backup.ts";

/** The newest entries of the audit log, after the whole chain was proved. */
export const readAudit =
  (ports: CatalogPorts) =>
  async ({ newest }: { newest: number }): Promise<Answer> => {
    const { entries, breaks } = await proveAudit(ports);
    const deeds = entries.flatMap(({ at, day, number, entry }) =>
      "nextDay" in entry ? [] : [{ at, entry: `${day} ${number}`, ...entry }],
    );
    return {
      verdict:
        breaks.length === 0
          ? `The audit log is whole: ${entries.length} entries, each with the hash of the one before`
          : `The audit log is BROKEN at ${breaks.length} places`,
      figures: { breaks, deeds: deeds.slice(-newest).toReversed() },
      next: breaks.length === 0 ? "Nothing." : "docs/runbooks/RepositoryTampered.md: somebody has taken entries away.",
    };
  };
