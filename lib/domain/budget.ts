import { z } from "zod";
import { ByteSize, bytesOf } from "./byte-size.ts";

/** How much the repository may hold and cost. It only tells: nothing is let go of because of it. */
export const Budget = z
  .strictObject({
    storage: ByteSize.optional().describe("How much may be stored, of all sources and all that belongs to them."),
    dollarsPerMonth: z.number().positive().optional().describe("What storing it may cost, in US dollars a month."),
    warnAt: z.int().min(1).max(100).default(80).describe("From how many percent of it on people are warned."),
    alarmAt: z.int().min(1).max(100).default(90).describe("From how many percent of it on it is critical."),
  })
  .refine(({ storage, dollarsPerMonth }) => storage !== undefined || dollarsPerMonth !== undefined, {
    path: ["storage"],
    message: "say storage or dollarsPerMonth, or both: a budget of nothing says nothing",
  })
  .refine(({ warnAt, alarmAt }) => warnAt < alarmAt, { path: ["warnAt"], message: "must be less than alarmAt" });
export type Budget = z.infer<typeof Budget>;

export type Use = { of: string; percent: number };
export type BudgetState = { uses: Use[]; severity: "warning" | "critical" | undefined };

/** `dollars`: undefined where a price is not known; that part of the budget is not judged then. */
export function judgeBudget(
  budget: Budget,
  { bytes, dollars }: { bytes: number; dollars: number | undefined },
): BudgetState {
  const { storage, dollarsPerMonth, warnAt, alarmAt } = budget;
  const uses = [
    ...(storage === undefined ? [] : [{ of: storage, percent: (100 * bytes) / bytesOf(storage) }]),
    ...(dollarsPerMonth === undefined || dollars === undefined
      ? []
      : [{ of: `$${dollarsPerMonth} a month`, percent: (100 * dollars) / dollarsPerMonth }]),
  ];
  const most = Math.max(0, ...uses.map(({ percent }) => percent));
  return { uses, severity: most >= alarmAt ? "critical" : most >= warnAt ? "warning" : undefined };
}
