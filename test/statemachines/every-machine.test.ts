import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HOURS_BEFORE_PRUNE } from "#domain/retention.ts";
import { allStates, endsWithout, machineFiles, readMachine, terminalsAfter } from "./machines.ts";

const kebab = (name: string) => name.replace(/(?<!^)([A-Z])/g, "-$1").toLowerCase();

describe.each(machineFiles)("%s", (file) => {
  const machine = readMachine(file);

  it("can't succeed after an error caught outside a Map", () => {
    for (const { path, state, isInMap } of allStates(machine)) {
      if (isInMap) continue; // judged by the Choice after the Map: proven on the stage, with one failing source
      for (const { Next } of state.Catch ?? []) expect(terminalsAfter(machine, Next), path).toEqual(["Fail"]);
    }
  });

  it("judges what a Map caught by a Choice that can end in Fail", () => {
    for (const { path, state } of allStates(machine)) {
      if (!state.ItemProcessor) continue;
      expect(terminalsAfter(machine, state.Next ?? ""), path).toContain("Fail");
    }
  });

  it("bounds itself, every task and every retry", () => {
    expect(machine.TimeoutSeconds).toBeGreaterThan(0);
    for (const { path, state } of allStates(machine)) {
      const isByThePlan = state.TimeoutSecondsPath?.endsWith(".approval.seconds") === true; // at most 4 hours
      if (state.Type === "Task" && !isByThePlan) expect(state.TimeoutSeconds, path).toBeGreaterThan(0);
      for (const { MaxAttempts } of state.Retry ?? []) expect(MaxAttempts, path).toBeLessThanOrEqual(5);
    }
  });

  it("T2 has ended before a point that it chose can be deleted, also by a sweep that took its whole time to let go of it", () => {
    const sweepSeconds = readMachine("retention.asl.yml").TimeoutSeconds ?? Number.POSITIVE_INFINITY;
    expect((machine.TimeoutSeconds ?? 0) + sweepSeconds).toBeLessThan(HOURS_BEFORE_PRUNE * 3600);
  });

  it("N6 carries ids and keys only: no override is anything but a key or an attempt", () => {
    const overrides = JSON.stringify(machine).matchAll(/"Environment":(\[[^\]]*\])/g);
    for (const [, environment = "[]"] of overrides)
      expect(JSON.parse(environment).map(({ Name }: { Name: string }) => Name)).toEqual([
        "TASK_INPUT_KEY",
        "TASK_ATTEMPT",
      ]);
  });

  it("GL-11 undoes every hook that it may have run, whatever came of what the hooks are around", () => {
    for (const { path, state } of allStates(machine)) {
      const inner = state.ItemProcessor;
      if (!inner?.States["Quiesce"]) continue;
      const { Next, Catch } = inner.States["Quiesce"];
      for (const next of [Next, ...(Catch ?? []).map((caught) => caught.Next)])
        expect(endsWithout(inner, next ?? "", "IsAnythingToUndo"), `${path}.Quiesce`).toEqual([]);
      expect(Catch?.[0]).toMatchObject({ ErrorEquals: ["States.ALL"] });
      expect(inner.States["Resume"]?.Catch?.[0]).toMatchObject({ ErrorEquals: ["States.ALL"] });
    }
  });

  it("names its Lambda and container states after the code that they call", () => {
    const states = allStates(machine).filter(({ state }) =>
      /lambda:invoke|ecs:runTask/.test(JSON.stringify(state["Resource" as keyof typeof state] ?? "")),
    );
    expect(states.length).toBeGreaterThan(0);
    for (const { name, path } of states) expect(existsSync(`lib/app/${kebab(name)}.ts`), path).toBe(true);
  });
});
