import { z } from "zod";
import { durationMs, Wait } from "./duration.ts";
import { AlarmCode, Name } from "./ids.ts";
import type { Problem } from "./problem.ts";

const Rung = z.strictObject({
  after: Wait.describe("Since the alarm was opened."),
  role: Name.describe("Who is told, first and second contact, unless somebody has acknowledged the alarm before."),
});
export const Ladder = z.strictObject({
  codes: z.array(AlarmCode).min(1).optional().describe("Which critical alarms climb it; all others without it."),
  rungs: z.array(Rung).min(1).describe("Who is told when, in this order."),
  statusEvery: Wait.default("2h").describe("While the alarm is open, everybody hears how it stands."),
});
export type Ladder = z.infer<typeof Ladder>;
export type Ladders = Record<string, Ladder>;

/** The ladder that names the code, else one that names none. */
export const ladderOf = (ladders: Ladders = {}, code: string): Ladder | undefined =>
  Object.values(ladders).find(({ codes }) => codes?.includes(code)) ??
  Object.values(ladders).find(({ codes }) => codes === undefined);

/** How many rungs were told, and how many status updates. */
export const Climbed = z.strictObject({ rungs: z.int().nonnegative(), statuses: z.int().nonnegative() });
export type Climbed = z.infer<typeof Climbed>;

/** What is to be told now, and when there is something to do again; `isOver` once nothing comes any more. */
export type Step = {
  tell?: { rung: number; role: string } | { status: number };
  climbed: Climbed;
  waitSeconds: number;
};

/** One step at most, so that each is told and remembered by itself. */
export function nextStep(
  { rungs, statusEvery }: Ladder,
  climbed: Climbed,
  { openedAt, isAcknowledged }: { openedAt: Date; isAcknowledged: boolean },
  now: Date,
): Step {
  const elapsed = now.getTime() - openedAt.getTime();
  const rung = isAcknowledged ? undefined : rungs[climbed.rungs];
  const rungDue = rung ? durationMs(rung.after) : Number.POSITIVE_INFINITY;
  const every = Math.max(durationMs(statusEvery), 1_000);
  if (rung && elapsed >= rungDue)
    return {
      tell: { rung: climbed.rungs, role: rung.role },
      climbed: { ...climbed, rungs: climbed.rungs + 1 },
      waitSeconds: 1,
    };
  const passed = Math.floor(elapsed / every);
  if (passed > climbed.statuses)
    return { tell: { status: passed }, climbed: { ...climbed, statuses: passed }, waitSeconds: 1 };
  const next = Math.min(rungDue, (climbed.statuses + 1) * every);
  return { climbed, waitSeconds: Math.max(1, Math.ceil((next - elapsed) / 1000)) };
}

/** Roles that nobody has, rungs in the wrong order, and two ladders for one code. */
export function ladderProblems(ladders: Ladders, roles: readonly string[]): Problem[] {
  const problems = Object.entries(ladders).flatMap(([name, { rungs }]) =>
    rungs.flatMap(({ role, after }, index) => {
      const path = `escalation.${name}.rungs.${index}`;
      const before = rungs[index - 1]?.after;
      return [
        ...(roles.includes(role) ? [] : [{ path: `${path}.role`, message: `there is no role "${role}"` }]),
        ...(before !== undefined && durationMs(before) > durationMs(after)
          ? [{ path: `${path}.after`, message: `${after} comes before the ${before} of the rung below` }]
          : []),
      ];
    }),
  );
  const claimed = Object.entries(ladders).flatMap(([name, { codes = ["every other code"] }]) =>
    codes.map((code) => ({ name, code })),
  );
  const twice = claimed.filter(({ code }, index) => claimed.findIndex((one) => one.code === code) < index);
  return [
    ...problems,
    ...twice.map(({ name, code }) => ({ path: `escalation.${name}.codes`, message: `another ladder has ${code}` })),
  ];
}
