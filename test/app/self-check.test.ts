import { expect, it } from "vitest";
import { answerProbe, selfCheck } from "#app/self-check.ts";
import { CHECKED_ROLES, RIGHTS, type RightOn, resourcesOf } from "#domain/self-check.ts";
import { layout, memoryWorld } from "../support/memory-world.ts";

const ground = { layout, bucketArn: "arn:bucket", envelopeKey: "arn:envelope", signingKey: "arn:signing" };
const resources = resourcesOf(ground);
const roles = Object.fromEntries(CHECKED_ROLES.map((role) => [role, `arn:role/${role}`])) as Record<
  (typeof CHECKED_ROLES)[number],
  string
>;
type Wrong = Partial<{
  readOnly: true;
  writesOver: true;
  unconditional: true;
  ownKeys: true;
  noLock: true;
  softLock: true;
  openKeys: true;
  noKeys: true;
  mayMore: [role: string, action: string, on: RightOn];
  mayLess: [role: string, action: string, on: RightOn];
  iamError: string;
  exitCode: number | undefined;
  noTask: true;
  noEnd: true;
  noEvent: true;
}>;

/** An account that is as the template says, but for what is wrong. */
function account(wrong: Wrong = {}) {
  const world = memoryWorld();
  const locks = new Map<string, Date>();
  const tried: string[] = [];
  const may = new Set(
    CHECKED_ROLES.flatMap((role) =>
      RIGHTS[role].may.map(([action, on]) => `${roles[role]} ${action} ${resources[on]}`),
    ),
  );
  const line = ([role, action, on]: readonly [string, string, RightOn]) =>
    `arn:role/${role} ${action} ${resources[on]}`;
  if (wrong.mayMore) may.add(line(wrong.mayMore));
  if (wrong.mayLess) may.delete(line(wrong.mayLess));
  const deniedUnless = (isOpen: true | undefined) => (isOpen ? "done" : "AccessDeniedException");
  const ports: Parameters<typeof selfCheck>[0] = {
    ...{ ...world.ports, ...ground, roles, captureTask: "capture:1", lookEveryMs: 1, arrivesWithinMs: 5 },
    ...(wrong.noEnd ? { endsWithinMs: 5 } : {}),
    tasks: {
      async run(definition, key) {
        tried.push(`${definition} ${key}`);
        if (wrong.noEnd) await new Promise(() => {});
        if (wrong.noTask) throw Object.assign(new Error("no capacity"), { name: "TaskFailed" });
        return { exitCode: "exitCode" in wrong ? wrong.exitCode : 1, reason: "Essential container exited" };
      },
    },
    trials: {
      async put(key, { isConditional }) {
        if (wrong.readOnly) return "AccessDenied";
        if (!isConditional && !wrong.unconditional) return "AccessDenied";
        if ((await world.ports.repository.create(key, "{}")) === "exists" && !wrong.writesOver)
          return "PreconditionFailed";
        if (!wrong.noEvent) await answerProbe(world.ports)(key);
        return "done";
      },
      beginWithOwnKey: async () => (wrong.ownKeys ? "done" : "AccessDenied"),
      async lock(key, until) {
        if (wrong.noLock) return "InvalidRequest";
        if (until < (locks.get(key) ?? until) && !wrong.softLock) return "AccessDenied";
        locks.set(key, until);
        return "done";
      },
      describeKey: async () => (wrong.noKeys ? "NotFoundException" : "done"),
      generateDataKey: async () => deniedUnless(wrong.openKeys),
      sign: async () => deniedUnless(wrong.openKeys),
      simulate: async (...asked) => wrong.iamError ?? (may.has(asked.join(" ")) ? "allowed" : "implicitDeny"),
    },
  };
  return { world, tried, check: () => selfCheck(ports)("call-1") };
}
const failedOf = ({ figures }: { figures: Record<string, unknown> }) => figures["failed"] as string[];

it("N7 says that everything came out as it must only when every trial did, and shows each in a table", async () => {
  const { check } = account();

  const answer = await check();

  expect(answer).toMatchObject({ verdict: expect.stringMatching(/^All \d\d trials came out as they must$/) });
  expect(answer.figures["failed"]).toBeUndefined();
  const table = (answer.figures["table"] as string[]).join("\n");
  expect(table).toMatch(/ok +│ create it a second time +│ PreconditionFailed or +│ PreconditionFailed/);
  expect(table).toMatch(/ok +│ CaptureTaskRole may kms:GenerateDataKey on wrapping key, .* │ allowed +│ allowed/);
  expect(table).toMatch(/ok +│ CaptureTaskRole may not s3:BypassGovernanceRetention on .* │ denied +│ denied/);
  expect(table).toMatch(/ok +│ a task that must fail +│ exit code 1 +│ exit code 1/);
});

it("leaves nothing but three small objects below runs/ that are holdfast's own, which expire", async () => {
  const { check, world, tried } = account();

  await check();

  const id = "2026-02-23-030000-[0-9a-f]{4}";
  const left = [...world.objects.keys()].toSorted();
  expect(left.map((key) => key.split("/").at(-1))).toEqual(["arrived.json", "created.json", "probe.json"]);
  for (const key of left) expect(key).toMatch(new RegExp(`^test/runs/self-check-${id}/`));
  expect(tried).toEqual([
    expect.stringMatching(new RegExp(`^capture:1 test/runs/self-check-${id}/nothing.task.json$`)),
  ]);
});

it.each<[string, Wrong, string[]]>([
  ["a conditional write wins twice", { writesOver: true }, ["FAILED: create it a second time: done, not"]],
  ["a write needs no condition", { unconditional: true }, ["FAILED: write without If-None-Match: done, not"]],
  ["SSE-C is let in", { ownKeys: true }, ["FAILED: encrypt an object with a key of one's own (SSE-C): done"]],
  ["a lock can be shortened", { softLock: true }, ["FAILED: shorten that lock: done"]],
  [
    "the bucket has no lock",
    { noLock: true },
    [
      "FAILED: lock an object in governance mode for a day: InvalidRequest",
      "not tried: extend that lock by an hour: ",
      "not tried: shorten that lock: ",
    ],
  ],
  [
    "keys serve the whole account",
    { openKeys: true },
    ["FAILED: make a data key with the wrapping key", "FAILED: sign with the signing key"],
  ],
  [
    "keys are gone",
    { noKeys: true },
    [
      "FAILED: look at the wrapping key: NotFoundException",
      "not tried: make a data key with the wrapping key",
      "FAILED: look at the signing key: NotFoundException",
      "not tried: sign with the signing key",
    ],
  ],
  [
    "capture may unwrap",
    { mayMore: ["CaptureTaskRole", "kms:Decrypt", "wrapping key"] },
    ["FAILED: CaptureTaskRole may not …: kms:Decrypt on wrapping key: allowed, not denied"],
  ],
  [
    "the sweep may delete manifests",
    { mayMore: ["PrunePointsRole", "s3:DeleteObjectVersion", "manifest"] },
    ["FAILED: PrunePointsRole may not …: s3:DeleteObjectVersion on manifest: allowed, not denied"],
  ],
  [
    "a role has lost what it needs",
    { mayLess: ["CommitBackupRole", "kms:Sign", "signing key"] },
    ["FAILED: CommitBackupRole may …: kms:Sign on signing key: denied, not allowed"],
  ],
  ["a task that failed says 0", { exitCode: 0 }, ["FAILED: a task that must fail: exit code 0, not exit code 1"]],
  [
    "a task ends without an exit code",
    { exitCode: undefined },
    ["FAILED: a task that must fail: no exit code: Essential container exited"],
  ],
  ["a task never ends", { noEnd: true }, ["FAILED: a task that must fail: no end in 0.005 seconds, not exit code 1"]],
  ["no task starts", { noTask: true }, ["FAILED: a task that must fail: TaskFailed"]],
  ["events do not arrive", { noEvent: true }, ["FAILED: S3's event of a new object calls a function: nothing in"]],
])("N7 fails when %s, and names just that", async (_, wrong, lines) => {
  const answer = await account(wrong).check();

  expect(answer.verdict).toMatch(new RegExp(`^The self-check has FAILED: ${lines.length} of \\d\\d trials$`));
  const fits = (line: string, index: number) => {
    const [begin = "?", end = ""] = (lines[index] ?? "?").split("…");
    return line.startsWith(begin) && line.includes(end);
  };
  expect(failedOf(answer).filter((line, index) => !fits(line, index))).toEqual([]);
});

it("N7 believes no refusal where nothing works at all: what was not tried is no success", async () => {
  const { check } = account({ readOnly: true, iamError: "AccessDenied" });

  const answer = await check();

  const failed = failedOf(answer);
  expect(failed).toContainEqual(
    expect.stringMatching(/^not tried: write without If-None-Match: "create an object" has/),
  );
  expect(failed).toContainEqual(expect.stringMatching(/^not tried: S3's event .* could not be written: AccessDenied/));
  expect(failed.filter((line) => /^FAILED: \w+Role may.*: AccessDenied, not /.test(line))).toHaveLength(
    CHECKED_ROLES.length * 2,
  );
});

it("answers no event but that of a probe of its own", async () => {
  const { world } = account();

  for (const key of ["test/runs/self-check-x/arrived.json", "test/runs/other-x/probe.json", "test/x/probe.json"])
    expect(await answerProbe(world.ports)(key)).toEqual({ arrived: false });

  expect(world.objects.size).toBe(0);
});
