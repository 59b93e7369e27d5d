import { BILLED_DAYS, describeWait, isArchive, thawMs } from "./archive.ts";
import { type Copy, REPOSITORY } from "./copies.ts";
import { durationMs } from "./duration.ts";
import { lockContradictions } from "./lock-contradictions.ts";
import type { Plan } from "./plan.ts";
import type { Problem } from "./plan-contradictions.ts";
import { retentionContradictions } from "./retention-contradictions.ts";
import type { Retention } from "./retention-policy.ts";

type Sections = Pick<Plan, "backups" | "objectives"> & {
  copies?: Record<string, Copy> | undefined;
  retention?: Retention | undefined;
};

/** `sources`: every name, however wrong its section is. */
export function copyContradictions(plan: Sections, sources: string[]): Problem[] {
  const all = Object.entries(plan.copies ?? {});
  return all.flatMap(([name, copy], index) => [
    ...(name === REPOSITORY ? [{ path: `copies.${name}`, message: "is what the first bucket is called" }] : []),
    ...strangers(name, copy, sources),
    ...shared(name, copy, all.slice(0, index)),
    ...keeping(name, copy, plan, sources),
    ...cold(name, copy),
  ]);
}

/** What its storage class contradicts: bytes that can't be read, days that are paid for nothing. */
function cold(name: string, { storageClass, readBack, retention }: Copy): Problem[] {
  if (storageClass === undefined) return [];
  const under = `copies.${name}.`;
  const message = `bytes can't be read from ${storageClass} without a thaw: "checksums" asks S3 what it has stored`;
  const unread = isArchive(storageClass) && readBack === "bytes" ? [{ path: `${under}readBack`, message }] : [];
  const billed = BILLED_DAYS[storageClass];
  const policies = [
    ...(retention ? [{ path: `${under}retention.default`, days: retention.default.days }] : []),
    ...Object.entries(retention?.sources ?? {}).map(([source, { days }]) => ({
      ...{ path: `${under}retention.sources.${source}`, days },
    })),
  ];
  const tooShort = policies.filter(({ days }) => days < billed);
  return [
    ...unread,
    ...tooShort.map(({ path, days }) => ({
      ...{
        path: `${path}.days`,
        message: `${days} is shorter than the ${billed} days that ${storageClass} bills anyway`,
      },
    })),
  ];
}

const strangers = (name: string, { sources: wanted = [] }: Copy, sources: string[]): Problem[] =>
  wanted.flatMap((source, index) =>
    sources.includes(source)
      ? []
      : [{ path: `copies.${name}.sources.${index}`, message: `there is no source "${source}"` }],
  );

function shared(name: string, { bucket }: Copy, others: [string, Copy][]): Problem[] {
  const other = others.find(([, one]) => one.bucket === bucket)?.[0];
  return other === undefined
    ? []
    : [{ path: `copies.${name}.bucket`, message: `"${other}" is in this bucket already` }];
}

/** What its own policies and its own lock contradict. */
function keeping(name: string, copy: Copy, { backups, objectives, retention }: Sections, sources: string[]): Problem[] {
  const under = `copies.${name}.`;
  const copied = copy.sources ?? sources;
  if (copy.retention && !retention)
    return [{ path: `${under}retention`, message: "needs the plan's own retention, which says when the sweeps run" }];
  const own = copy.retention && retention && { schedule: retention.schedule, ...copy.retention };
  return [
    ...retentionContradictions({ backups, objectives, retention: own }, copied, `${under}retention`),
    ...lockContradictions(copy.lock, own, under),
  ];
}

/** No contradiction, since the repository itself is read at once: copies from which a restore takes longer than its objective. */
export const slowCopies = ({ copies = {}, objectives }: Pick<Plan, "copies" | "objectives">): string[] =>
  Object.entries(copies).flatMap(([name, { storageClass, sources = Object.keys(objectives) }]) => {
    if (!isArchive(storageClass)) return [];
    const takesMs = thawMs(storageClass, "Standard", 0) ?? Number.POSITIVE_INFINITY;
    return sources.flatMap((source) => {
      const rto = objectives[source]?.rto;
      if (rto === undefined || takesMs <= durationMs(rto)) return [];
      return [`${source}: from ${name} it waits ${describeWait(takesMs)} for the thaw alone; its RTO is ${rto}`];
    });
  });
