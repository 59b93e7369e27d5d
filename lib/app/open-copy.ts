import type { CopyPlace } from "#domain/copies.ts";
import { InputInvalid } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import type { Repository } from "#ports/repository.ts";
import type { CatalogPorts } from "./catalog.ts";

export type OpenCopy = (place: CopyPlace) => Repository;

/** The same ports, for the points of a copy; themselves where none is named. */
export const inCopy = <Ports extends CatalogPorts & { openCopy: OpenCopy }>(
  ports: Ports,
  place: CopyPlace | undefined,
): Ports => (place ? { ...ports, repository: ports.openCopy(place) } : ports);

/** Where a copy of the plan is. Throws `InputInvalid` for one that the plan has not. */
export function placeOfCopy(
  { copies = {} }: Pick<Plan, "copies">,
  name: string | undefined,
  path = "from",
): CopyPlace | undefined {
  if (name === undefined) return undefined;
  const copy = copies[name];
  if (!copy)
    throw new InputInvalid(
      `${path}: there is no copy "${name}"; the plan has ${Object.keys(copies).join(", ") || "none"}`,
    );
  const { bucket, region, account } = copy;
  return { bucket, region, ...(account === undefined ? {} : { account }) };
}
