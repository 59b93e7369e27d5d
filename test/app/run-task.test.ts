import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { surroundings } from "#adapters/surroundings.ts";
import { runTask, type TaskPorts } from "#app/run-task.ts";
import type { Commands } from "#ports/commands.ts";
import type { Engine } from "#ports/engine.ts";
import type { Repository } from "#ports/repository.ts";
import { layout, memoryWorld } from "../support/memory-world.ts";

const input = { verb: "check", runId: "check-1", task: "uploads", source: "uploads", engine: "any", section: {} };
const key = layout.taskInput("check-1", "uploads");

/** A task that looks at a source, and what was done and logged as an error. */
async function look({ needsRoot = false, isS3Gone = false, giveUpRoot = () => {} }) {
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
  await ports.repository.create(key, JSON.stringify(input));
  const create: Repository["create"] = (...given) =>
    isS3Gone ? Promise.reject(new Error("503 Slow Down")) : ports.repository.create(...given);
  const log = {
    info: () => {},
    belongsTo: () => {},
    error: (message: string, fields?: object) => did.push(`${message} ${JSON.stringify(fields)}`),
  };
  const unused = {} as unknown as Commands & TaskPorts["uploads"] & TaskPorts["keys"] & TaskPorts["sealing"];
  const nobody = { begin: async () => Promise.reject(new Error("not here")) };
  const noKeys = { generate: nobody.begin, unwrap: nobody.begin };

  const exitCode = await runTask({
    ...ports,
    repository: { ...ports.repository, create },
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
    giveUpRoot: () => {
      giveUpRoot();
      did.push("root given up");
    },
  })({ inputKey: key, attempt: "0", signal: new AbortController().signal });
  return { did, exitCode };
}

it.each([
  [false, ["root given up", "looked"]],
  [true, ["looked"]],
])("N7: when an engine's need of root is %s, a task does %j", async (needsRoot, wanted) => {
  const ended = await look({ needsRoot });

  expect(ended).toEqual({ did: wanted, exitCode: 0 });
});

it("U2 says in the log what has failed, where S3 takes no outcome any more that could say it", async () => {
  const giveUpRoot = () => {
    throw new TypeError("root can't be given up");
  };

  const ended = await look({ isS3Gone: true, giveUpRoot });

  expect(ended).toEqual({
    exitCode: 1,
    did: [expect.stringMatching(/^check uploads: failed .*root can't be given up/), expect.stringContaining("503")],
  });
});
