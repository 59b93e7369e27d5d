import { describe, expect, it } from "vitest";
import { askForCheck } from "#app/ask-for-check.ts";
import { InputInvalid } from "#domain/errors.ts";
import { parseJson } from "#domain/manifest.ts";
import type { SourceChecked } from "#domain/outcome.ts";
import { ok, warning } from "#domain/source-check.ts";
import { TaskInput } from "#domain/task-input.ts";
import type { Tasks } from "#ports/messaging.ts";
import { aBackup, memoryWorld } from "../support/memory-world.ts";
import { verifiedPoint } from "../support/verified-point.ts";

const memory = { verify: 2 ** 31, restore: 2 ** 32 };
const running = (tasks: Tasks) => ({
  memory,
  captures: { tasks, definition: "capture" },
  restores: { tasks, definition: "restore" },
});

/** A task that ends with exit code 1 and says nothing. */
const askIn = (world: ReturnType<typeof memoryWorld>, asked: string[] = [], definitions: string[] = []) =>
  askForCheck({
    ...world.ports,
    ...running({
      run: async (definition, taskInputKey) => {
        definitions.push(definition);
        asked.push(taskInputKey);
        return { exitCode: 1, reason: undefined };
      },
    }),
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

  it("holds what points take in memory against the tasks that read them back and restore them", async () => {
    const world = memoryWorld();
    const room = { scratchBytes: 0, verifyMemoryBytes: 2 * 2 ** 30, restoreMemoryBytes: 3 * 2 ** 30 };
    const checks = [ok("route", "10.0.0.1, TCP to port 6379 in 1 ms"), warning("TLS", "none")];

    const { verdict, figures } = await answering(world, { checks, room })({ source: "sessions" }, "call-1");

    expect(verdict).toBe("sessions can't be captured: 1 problem");
    expect(figures["problems"]).toEqual([expect.stringMatching(/^memory to verify: 2\.15 GB .*raise verifyMemory/)]);
    expect(figures["warnings"]).toEqual(["TLS: none"]);
    const table = String(figures["table"]);
    for (const line of [/ok +│ route /, /warning │ TLS /, /problem │ memory to verify /, /ok +│ memory to restore /])
      expect(table).toMatch(line);
  });

  it("holds a target against the newest verified points of what is restored there, or lives there, in a task of restores", async () => {
    const world = memoryWorld();
    await verifiedPoint(world);
    const [asked, definitions]: [string[], string[]] = [[], []];

    for (const target of ["app-db-live", "staging-db", "staging-redis"])
      await askIn(world, asked, definitions)({ target }, `call-${target}`);

    const inputs = asked.map((key) => parseJson(world.objects.get(key) ?? new Uint8Array(), TaskInput, "task"));
    const point = { source: "app-db", backupId: aBackup };
    expect(inputs).toMatchObject([
      { verb: "check-target", target: "app-db-live", points: [point] },
      { verb: "check-target", target: "staging-db", points: [point] },
      { verb: "check-target", target: "staging-redis", points: [] },
    ]);
    expect(inputs.map((input) => "section" in input && Object.keys(input.section).toSorted())).toEqual(
      inputs.map(() => ["connection", "secret"]),
    );
    expect(definitions).toEqual(["restore", "restore", "restore"]);
  });

  it("says of a target that it can take a restore, and how to begin one; one that the plan does not have is refused", async () => {
    const world = memoryWorld();

    const { verdict, next } = await answering(world, { checks: [ok("route", "there")] })(
      { target: "staging-redis" },
      "call-1",
    );

    expect(verdict).toBe("staging-redis can take a restore");
    expect(next).toBe(
      `npx sls invoke --stage test -f start-restore -d '{"source":"sessions","target":"staging-redis"}'`,
    );
    await expect(askIn(world)({ target: "prod" }, "call-2")).rejects.toThrow(/"prod".*app-db-live, staging-db/);
  });

  it("says of a task that leaves no answer that it may have no way to S3, which would have brought it", async () => {
    const { verdict, next } = await askIn(memoryWorld())({ source: "app-db" }, "call-1");

    expect(verdict).toContain("could not be checked: TaskFailed");
    expect(next).toContain("gateway endpoint for S3");
  });
});

/** A task that ends well with this outcome. */
const answering = (world: ReturnType<typeof memoryWorld>, outcome: Pick<SourceChecked, "checks" | "room">) =>
  askForCheck({
    ...world.ports,
    ...running({
      run: async (_task, taskInputKey) => {
        const key = taskInputKey.replace(/\.task\.json$/, ".0.outcome.json");
        const task = /([^/]+)\.task\.json$/.exec(taskInputKey)?.[1];
        const ended = { succeeded: true, task, attempt: 0, finishedAt: "2026-02-23T02:01:00.000Z" };
        await world.ports.repository.create(key, JSON.stringify({ ...ended, ...outcome }));
        return { exitCode: 0, reason: undefined };
      },
    }),
  });
