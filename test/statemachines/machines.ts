import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

const State: z.ZodType<State> = z.looseObject({
  Type: z.string(),
  Next: z.string().optional(),
  Default: z.string().optional(),
  TimeoutSeconds: z.number().optional(),
  TimeoutSecondsPath: z.string().optional(),
  Catch: z.array(z.looseObject({ Next: z.string() })).optional(),
  Retry: z.array(z.looseObject({ MaxAttempts: z.number() })).optional(),
  Choices: z.array(z.looseObject({ Next: z.string() })).optional(),
  ItemProcessor: z.lazy(() => Machine).optional(),
});
type State = {
  Type: string;
  Next?: string | undefined;
  Default?: string | undefined;
  TimeoutSeconds?: number | undefined;
  TimeoutSecondsPath?: string | undefined;
  Catch?: { Next: string }[] | undefined;
  Retry?: { MaxAttempts: number }[] | undefined;
  Choices?: { Next: string }[] | undefined;
  ItemProcessor?: Machine | undefined;
};
const Machine = z.looseObject({
  StartAt: z.string(),
  TimeoutSeconds: z.number().optional(),
  States: z.record(z.string(), State),
});
export type Machine = z.infer<typeof Machine>;

export const machineFiles = readdirSync("statemachines").filter((file) => file.endsWith(".asl.yml"));
export const readMachine = (file: string): Machine =>
  Machine.parse(parse(readFileSync(`statemachines/${file}`, "utf8")));

/** Every state with its path, those of Maps included. */
export function allStates(
  machine: Machine,
  path = "",
): { name: string; path: string; state: State; isInMap: boolean }[] {
  return Object.entries(machine.States).flatMap(([name, state]) => [
    { name, path: `${path}${name}`, state, isInMap: path !== "" },
    ...(state.ItemProcessor ? allStates(state.ItemProcessor, `${path}${name}.`) : []),
  ]);
}

/** The types of the terminal states that can be reached from a state. */
export function terminalsAfter(machine: Machine, from: string, seen = new Set<string>()): string[] {
  const state = machine.States[from];
  if (!state || seen.has(from)) return [];
  seen.add(from);
  const next = [state.Next, state.Default, ...(state.Choices ?? []).map(({ Next }) => Next)].flatMap(
    (name) => name ?? [],
  );
  return next.length === 0 ? [state.Type] : [...new Set(next.flatMap((name) => terminalsAfter(machine, name, seen)))];
}

/** Where a way from a state ends without having passed another one. */
export function endsWithout(machine: Machine, from: string, passed: string, seen = new Set<string>()): string[] {
  const state = machine.States[from];
  if (!state || from === passed || seen.has(from)) return [];
  seen.add(from);
  const next = [
    state.Next,
    state.Default,
    ...[...(state.Choices ?? []), ...(state.Catch ?? [])].map(({ Next }) => Next),
  ];
  const ways = next.flatMap((name) => name ?? []);
  return ways.length === 0 ? [from] : ways.flatMap((name) => endsWithout(machine, name, passed, seen));
}
