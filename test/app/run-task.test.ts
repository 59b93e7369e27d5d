import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { surroundings } from "#adapters/surroundings.ts";
import { runTask, type TaskPorts } from "#app/run-task.ts";
import type { Commands } from "#ports/commands.ts";
import type { Engine } from "#ports/engine.ts";
import { layout, memoryWorld } from "../support/memory-world.ts";

it.each([
  [false, ["root given up", "looked"]],
  [true, ["looked"]],
])("N7: when an engine's need of root is %s, a task does %j", async (needsRoot, wanted) => {
  const did: string[] = [];
  const { ports } = memoryWorld();
  const engine = {
    section: { source: { parse: (section: unknown) => section } },
    traits: { swapKeepsOldState: true, needsRoot },
    reach: () => ({}),
    preflight: async () => {
      did.push("looked");
      return { problems: [], findings: {} };
    },
  } as unknown as Engine;
  const key = layout.taskInput("check-1", "uploads");
  const input = { verb: "check", runId: "check-1", task: "uploads", source: "uploads", engine: "any", section: {} };
  await ports.repository.create(key, JSON.stringify(input));
  const log = {
    info: () => {},
    belongsTo: () => {},
    error: (message: string, fields?: object) => did.push(message, JSON.stringify(fields)),
  };
  const unused = {} as unknown as Commands & TaskPorts["uploads"] & TaskPorts["keys"] & TaskPorts["sealing"];
  const nobody = { begin: async () => Promise.reject(new Error("not here")) };
  const noKeys = { generate: nobody.begin, unwrap: nobody.begin };

  const exitCode = await runTask({
    ...ports,
    engines: { any: engine },
    uploads: unused,
    keys: unused,
    sealing: unused,
    commands: unused,
    secrets: { read: async () => ({}) },
    log,
    probes: { uploads: nobody, keys: noKeys, secrets: { read: nobody.begin } },
    surroundings: surroundings(),
    workDir: tmpdir(),
    giveUpRoot: () => void did.push("root given up"),
  })({ inputKey: key, attempt: "0", signal: new AbortController().signal });

  expect([did, exitCode]).toEqual([wanted, 0]);
});
