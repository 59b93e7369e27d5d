import { type CopyPlace, REPOSITORY } from "#domain/copies.ts";
import type { Plan } from "#domain/plan.ts";
import { planIn } from "#domain/retention-rules.ts";
import type { CatalogPorts } from "./catalog.ts";
import { type OpenCopy, placeOfCopy } from "./open-copy.ts";

/**
 * What a sweep looks after. In a copy `repository` and `plan` are the copy's, and `home` is the first bucket: holds, runs, the
 * audit log and what is wrong with a source are there and nowhere else. Without `home` it is the first bucket itself.
 */
export type SweptPorts = CatalogPorts & {
  plan: Plan;
  home?: CatalogPorts & { plan: Plan; copy: string; place: CopyPlace };
};

/** The same ports, for a sweep of `where`: `repository` or a copy of the plan. Throws `InputInvalid` for any other. */
export function sweptPlace<Ports extends CatalogPorts & { plan: Plan; openCopy: OpenCopy }>(
  ports: Ports,
  where = REPOSITORY,
): Ports & SweptPorts {
  if (where === REPOSITORY) return ports;
  const place = placeOfCopy(ports.plan, where, "where");
  if (!place) return ports;
  const { repository, layout, signatures, plan } = ports;
  return {
    ...ports,
    repository: ports.openCopy(place),
    plan: planIn(plan, where),
    home: { repository, layout, signatures, plan, copy: where, place },
  };
}

/** What the audit log and messages call a point of this place. */
export const namedIn = ({ home }: SweptPorts, { backupId, source }: { backupId: string; source: string }) =>
  `${backupId} ${source}${home ? ` in ${home.copy}` : ""}`;
