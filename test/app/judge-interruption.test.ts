import { expect, it } from "vitest";
import { judgeInterruption } from "#app/judge-interruption.ts";
import { aBackup, capture, layout, memoryWorld } from "../support/memory-world.ts";

const failure = (name: string, attempt = 0) =>
  JSON.stringify({
    ...{ succeeded: false, task: "app-db", attempt, error: { name, message: "why" } },
    finishedAt: "2026-02-23T02:00:09.000Z",
  });

it.each([
  { what: "its outcome says that it was told to stop", outcome: failure("Interrupted"), tries: 0, again: true },
  { what: "its second try was told to stop as well", outcome: failure("Interrupted"), tries: 1, again: false },
  { what: "it failed by itself", outcome: failure("CommandFailed"), tries: 0, again: false },
  { what: "it left no outcome", outcome: undefined, tries: 0, again: false },
  { what: "its outcome can't be read", outcome: "{", tries: 0, again: false },
])("S3 a capture is tried again: $again, when $what", async ({ outcome, tries, again }) => {
  const { ports } = memoryWorld();
  if (outcome) await ports.repository.create(layout.outcome(aBackup, "app-db", 0), outcome);

  const judged = await judgeInterruption(ports)({ backupId: aBackup, source: "app-db", tries });

  expect(judged).toEqual({ isTriedAgain: again });
});

it("S3 a capture is not tried again when its outcome says success and only its exit does not", async () => {
  const world = memoryWorld();
  capture(world, "app-db");

  const judged = await judgeInterruption(world.ports)({ backupId: aBackup, source: "app-db", tries: 0 });

  expect(judged).toEqual({ isTriedAgain: false });
});
