import { type Copy, REPOSITORY } from "./copies.ts";
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
  ]);
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
