import Table from "cli-table3";
import prettyBytes from "pretty-bytes";
import type { Forecast, TaskSize } from "#domain/forecast.ts";
import { PRICES_SOURCE } from "#domain/prices.ts";

/** One line each, since what invokes a function prints JSON, and in JSON a line break reads as `\n`. */
export function tableOf(forecasts: Forecast[]): string[] {
  const table = new Table({
    head: ["source", "engine", "next runs (UTC)", "interval, RPO", "size", "cost per month"],
    style: { head: [], border: [] },
  });
  for (const { source, engine, nextRuns, interval, rpo, estimate } of forecasts)
    table.push([
      source,
      engine,
      nextRuns.map((run) => run.toISOString().slice(0, 16).replace("T", " ")).join("\n"),
      `every ${interval}\nRPO ${rpo}`,
      estimate
        ? `${prettyBytes(estimate.storedBytes)} a run\n${prettyBytes(estimate.storedBytesPerMonth)} a month`
        : "not measured yet",
      describeCost(estimate),
    ]);
  return table.toString().split("\n");
}

/** What the estimates are made of, and what they leave out. */
export const describeEstimates = (region: string, task: TaskSize & { architecture: string }): string[] => [
  "Estimates: each run as the newest point of its source, runs per month as scheduled.",
  "Storage: what one month adds. It costs that much in each month until retention lets go of it.",
  `Tasks: the seconds of that capture, at least 60, of a task with ${task.vcpus} vCPU and ${task.memoryGb} GB (${task.architecture}).`,
  "Not in them: verifying and restoring, requests, Lambda, Step Functions, KMS, logs, traffic, safety points, taxes.",
  `Prices: ${region}, ${PRICES_SOURCE}.`,
];

function describeCost(estimate: Forecast["estimate"]): string {
  if (!estimate) return "not measured yet";
  if (!estimate.cost) return "prices of this region are not known";
  return `${dollars(estimate.cost.storagePerMonth)} storage, for each month kept\n${dollars(estimate.cost.tasksPerMonth)} tasks`;
}

const dollars = (amount: number) => (amount < 0.01 ? "< $0.01" : `$${amount.toFixed(2)}`);
