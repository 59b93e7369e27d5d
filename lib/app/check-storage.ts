import prettyBytes from "pretty-bytes";
import { type BudgetState, judgeBudget } from "#domain/budget.ts";
import type { Plan } from "#domain/plan.ts";
import { PRICES_SOURCE, storagePricesOf } from "#domain/prices.ts";
import { costOf, sumOfClasses } from "#domain/storage.ts";
import type { Inventory } from "#ports/inventory.ts";
import type { Clock } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Metrics } from "#ports/metrics.ts";
import type { CatalogPorts } from "./catalog.ts";
import { dollarsOf, storageTable } from "./describe-storage.ts";
import { measureStorage, type SourceStorage } from "./measure-storage.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & {
  inventory: Inventory;
  plan: Plan;
  stage: string;
  region: string;
  events: Events;
  metrics: Metrics;
  clock: Clock;
};
const NAMED_AT_MOST = 5;

/**
 * What the repository takes and costs, source by source, and what that will be in 30 days; held against the plan's budget,
 * which raises or ends `StorageNearBudget`. Nothing is let go of: that is retention's, which knows no budget.
 */
export const checkStorage = (ports: Ports) => async (): Promise<Answer> => {
  const sources = await measureStorage(ports, ports.clock());
  const prices = storagePricesOf(ports.region);
  for (const { source, classes } of sources) ports.metrics({ storage_bytes: sumOfClasses(classes) }, { source });
  const classes = sources.reduce<Record<string, number>>((sum, one) => {
    for (const [name, bytes] of Object.entries(one.classes)) sum[name] = (sum[name] ?? 0) + bytes;
    return sum;
  }, {});
  const bytes = sumOfClasses(classes);
  const dollars = costOf(classes, prices);
  const state = ports.plan.budget && judgeBudget(ports.plan.budget, { bytes, dollars });
  if (state) await tell(ports, state, sources);
  const uses = state?.uses.map(({ of, percent }) => `${Math.round(percent)} % of ${of}`) ?? [];
  return {
    verdict: [
      `The repository holds ${prettyBytes(bytes)}, for ${dollarsOf(dollars)} a month`,
      ...(uses.length > 0 ? [`that is ${uses.join(" and ")}`] : []),
    ].join(": "),
    figures: {
      table: storageTable(sources, prices),
      notes: [
        "Stored: every version of every object, also what is hidden or waits to be deleted.",
        "In 30 days: if as much comes as in the last 30, what retention keeps of it then.",
        `Prices: ${ports.region}, ${PRICES_SOURCE}. Storage alone: no requests, retrievals, minimum durations or taxes.`,
      ],
      sources,
    },
    next:
      state?.severity === undefined
        ? "Nothing."
        : "docs/runbooks/StorageNearBudget.md. Nothing is deleted because of a budget.",
  };
};

async function tell({ stage, events, metrics }: Ports, { uses, severity }: BudgetState, sources: SourceStorage[]) {
  const its = { stage, code: "StorageNearBudget", source: "repository" };
  const said = uses.map(({ of, percent }) => `${Math.round(percent)} % of ${of} are used`).join("; ");
  metrics({ storage_budget_used_percent: Math.max(0, ...uses.map(({ percent }) => percent)) }, { source: its.source });
  if (severity === undefined) return events.emit({ type: "AlarmRecovered", detail: { ...its, message: `${said}.` } });
  const lines = sources
    .slice(0, NAMED_AT_MOST)
    .map(
      ({ source, classes, added, foretold }) =>
        `${source}: ${prettyBytes(sumOfClasses(classes))}, ${prettyBytes(added)} in the last 30 days, ${prettyBytes(foretold)} in 30 days.`,
    );
  return events.emit({
    type: "AlarmRaised",
    detail: {
      ...its,
      severity,
      problem: severity,
      message: [`${said}.`, ...lines, "Nothing is let go of because of it."].join("\n"),
      next: {
        say: "see what takes the room, and what retention will let go of:",
        command: ["check-storage", "plan-retention"]
          .map((name) => `npx sls invoke --stage ${stage} -f ${name} -d '{}'`)
          .join("\n"),
      },
    },
  });
}
