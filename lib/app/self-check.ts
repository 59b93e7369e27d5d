import { setTimeout as wait } from "node:timers/promises";
import Table from "cli-table3";
import { describeError } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { stampedId } from "#domain/ids.ts";
import { type RepositoryLayout, selfCheckOfProbeKey } from "#domain/repository-layout.ts";
import {
  CHECKED_ROLES,
  type CheckedRole,
  decisionOf,
  notTried,
  RIGHTS,
  type Right,
  resourcesOf,
  type Trial,
  trial,
} from "#domain/self-check.ts";
import type { Clock } from "#ports/log.ts";
import type { Tasks } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import type { Said, Trials } from "#ports/trials.ts";
import type { Answer } from "./start-backup.ts";

type Ports = {
  trials: Trials;
  tasks: Tasks;
  repository: Repository;
  layout: RepositoryLayout;
  clock: Clock;
  /** Its role reads its input, and finds none. */
  captureTask: string;
  bucketArn: string;
  envelopeKey: string;
  signingKey: string;
  /** ARNs by logical ids. */
  roles: Record<CheckedRole, string>;
  lookEveryMs?: number;
  arrivesWithinMs?: number;
  endsWithinMs?: number;
};

const DONE = ["done"];
/** S3 calls it the one, KMS the other: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html */
const DENIED = ["AccessDenied", "AccessDeniedException"];
/** 412, or 409 where two race: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
const STANDS = ["PreconditionFailed", "ConditionalRequestConflict"];
const WIDTH = 60;
const EXPECTED_WIDTH = 30;
const HOUR_MS = 3_600_000;

/**
 * Tries in the deployed account what can't be proved without it: what the bucket, the keys and each role refuse, that locks hold,
 * that a task's exit code arrives, and that S3's events do. Writes below `runs/self-check-<id>/` only, and touches no point.
 */
export const selfCheck =
  (ports: Ports) =>
  async (callId: string): Promise<Answer> => {
    const id = stampedId(sha256(callId).slice(0, 4), ports.clock());
    const trials = [
      ...(await tryBucket(ports, id)),
      ...(await tryKeys(ports)),
      ...(await tryRights(ports)),
      await tryExitCode(ports, id),
      await tryEvents(ports, id),
    ];
    const wrong = trials.filter(({ result }) => result !== "ok");
    const table = tableOf(trials);
    if (wrong.length === 0)
      return { verdict: `All ${trials.length} trials came out as they must`, figures: { table }, next: "Nothing." };
    return {
      verdict: `The self-check has FAILED: ${wrong.length} of ${trials.length} trials`,
      figures: {
        table,
        failed: wrong.map((one) => `${one.result}: ${one.tried}: ${one.happened}, not ${one.expected}`),
      },
      next: "Deploy the template again as it is. What fails then too is changed by something else in the account: see SECURITY.md, and the policies of the bucket, the key or the role that the line names.",
    };
  };

/** An object of a self-check has arrived at the function by its event: says so where the self-check looks for it. */
export const answerProbe =
  ({ repository, layout }: Pick<Ports, "repository" | "layout">) =>
  async (key: string): Promise<{ arrived: boolean }> => {
    const id = selfCheckOfProbeKey(key);
    if (id === undefined) return { arrived: false };
    await repository.create(layout.selfCheck(id, "arrived"), "{}\n");
    return { arrived: true };
  };

async function tryBucket({ trials, layout, clock }: Ports, id: string): Promise<Trial[]> {
  const of = (what: string) => layout.selfCheck(id, what);
  const created = trial("create an object", DONE, await trials.put(of("created"), { isConditional: true }));
  const lockFor = (hours: number) => trials.lock(of("created"), new Date(clock().getTime() + hours * HOUR_MS));
  /** A refusal proves nothing of who could do nothing there anyway. */
  const after = async (first: Trial, tried: string, expected: readonly string[], work: () => Promise<Said>) =>
    first.result === "ok"
      ? trial(tried, expected, await work())
      : notTried(tried, expected, `"${first.tried}" has to work first`);
  const locked = await after(created, "lock an object in governance mode for a day", DONE, () => lockFor(24));
  return [
    created,
    await after(created, "create it a second time", STANDS, () => trials.put(of("created"), { isConditional: true })),
    await after(created, "write without If-None-Match", DENIED, () =>
      trials.put(of("unconditional"), { isConditional: false }),
    ),
    await after(created, "encrypt an object with a key of one's own (SSE-C)", DENIED, () =>
      trials.beginWithOwnKey(of("own-key")),
    ),
    locked,
    await after(locked, "extend that lock by an hour", DONE, () => lockFor(25)),
    await after(locked, "shorten that lock", DENIED, () => lockFor(1)),
  ];
}

/** The role of self-check may look at both keys and use none: what a key's policy gave to the whole account would work here. */
async function tryKeys({ trials, envelopeKey, signingKey }: Ports): Promise<Trial[]> {
  const keys = [
    { name: "the wrapping key", arn: envelopeKey, use: "make a data key with", by: trials.generateDataKey },
    { name: "the signing key", arn: signingKey, use: "sign with", by: trials.sign },
  ];
  const found: Trial[] = [];
  for (const { name, arn, use, by } of keys) {
    const seen = trial(`look at ${name}`, DONE, await trials.describeKey(arn));
    const tried = `${use} ${name}, with no right to`;
    found.push(seen);
    found.push(
      seen.result === "ok"
        ? trial(tried, DENIED, await by(arn))
        : notTried(tried, DENIED, `"${seen.tried}" has to work first`),
    );
  }
  return found;
}

/** One line for all that a role needs, one for all that it must not have. IAM answers for one action on one thing at a time. */
async function tryRights(ports: Ports): Promise<Trial[]> {
  const resources = resourcesOf(ports);
  const found: Trial[] = [];
  for (const role of CHECKED_ROLES) {
    const ask = async (verb: string, rights: readonly Right[], expected: "allowed" | "denied") => {
      const others: string[] = [];
      for (const [action, on] of rights) {
        const said = decisionOf(await ports.trials.simulate(ports.roles[role], action, resources[on]));
        if (said !== expected) others.push(`${action} on ${on}: ${said}`);
      }
      const tried = `${role} ${verb} ${rights.map(([action, on]) => `${action} on ${on}`).join(", ")}`;
      found.push(trial(tried, [expected], others.length === 0 ? expected : others.join(", ")));
    };
    await ask("may", RIGHTS[role].may, "allowed");
    await ask("may not", RIGHTS[role].mayNot, "denied");
  }
  return found;
}

/** A capture whose input is not there fails before it talks to any source. */
async function tryExitCode({ tasks, layout, captureTask, endsWithinMs = 300_000 }: Ports, id: string): Promise<Trial> {
  const ended = tasks.run(captureTask, layout.taskInput(`self-check-${id}`, "nothing")).then(
    ({ exitCode, reason }) => (exitCode === undefined ? `no exit code: ${reason}` : `exit code ${exitCode}`),
    (error: unknown) => describeError(error).name,
  );
  const tooLate = wait(endsWithinMs, `no end in ${endsWithinMs / 1_000} seconds`, { ref: false });
  return trial("a task that must fail", ["exit code 1"], await Promise.race([ended, tooLate]));
}

async function tryEvents(ports: Ports, id: string): Promise<Trial> {
  const { trials, repository, layout, lookEveryMs = 1_000, arrivesWithinMs = 60_000 } = ports;
  const tried = "S3's event of a new object calls a function";
  const put = await trials.put(layout.selfCheck(id, "probe"), { isConditional: true });
  if (put !== "done") return notTried(tried, ["arrived"], `its object could not be written: ${put}`);
  for (let waited = 0; waited <= arrivesWithinMs; waited += lookEveryMs) {
    if (await repository.head(layout.selfCheck(id, "arrived"))) return trial(tried, ["arrived"], "arrived");
    await wait(lookEveryMs);
  }
  return trial(tried, ["arrived"], `nothing in ${arrivesWithinMs / 1_000} seconds`);
}

/** One line each, for what prints JSON. */
function tableOf(trials: readonly Trial[]): string[] {
  const table = new Table({
    head: ["", "tried", "expected", "happened"],
    colWidths: [null, WIDTH, EXPECTED_WIDTH, WIDTH],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { result, tried, expected, happened } of trials) table.push([result, tried, expected, happened]);
  return table.toString().split("\n");
}
