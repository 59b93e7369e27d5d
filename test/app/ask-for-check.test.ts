import { describe, expect, it } from "vitest";
import { askForCheck } from "#app/ask-for-check.ts";
import { InputInvalid } from "#domain/errors.ts";
import { parseJson } from "#domain/manifest.ts";
import { TaskInput } from "#domain/task-input.ts";
import { memoryWorld } from "../support/memory-world.ts";

/** A task that ends with exit code 1 and says nothing. */
const askIn = (world: ReturnType<typeof memoryWorld>, asked: string[] = []) =>
  askForCheck({
    ...world.ports,
    captureTask: "capture",
    memory: { verify: 2 ** 31, restore: 2 ** 32 },
    tasks: {
      run: async (_task, taskInputKey) => {
        asked.push(taskInputKey);
        return { exitCode: 1, reason: undefined };
      },
    },
  });

describe("checking a source by hand", () => {
  it("tells the engine exactly its own section of the plan", async () => {
    const world = memoryWorld();
    const asked: string[] = [];

    await askIn(world, asked)({ source: "app-db" }, "call-1");

    const input = parseJson(world.objects.get(asked[0] ?? "") ?? new Uint8Array(), TaskInput, "task");
    expect(input).toMatchObject({ verb: "check", engine: "postgresql" });
    expect("section" in input && Object.keys(input.section).toSorted()).toEqual(["connection", "databases", "secret"]);
  });

  it("refuses a source that the plan does not have, and names those that it has", async () => {
    await expect(askIn(memoryWorld())({ source: "orders" }, "call-1")).rejects.toThrow(InputInvalid);
    await expect(askIn(memoryWorld())({ source: "orders" }, "call-1")).rejects.toThrow("the plan has app-db, sessions");
  });
});
