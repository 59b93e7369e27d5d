import { formatDuration } from "#domain/duration.ts";
import type { Plan } from "#domain/plan.ts";
import { longestIntervalMs, nextRuns } from "#domain/schedule.ts";
import type { SignatureCheck } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Answer } from "./start-backup.ts";

type Ports = { plan: Plan; signatures: SignatureCheck; clock: Clock };

/** What the deployed plan means: when each source is captured, against its objective; and the signing key to pin. */
export const checkPlan =
  ({ plan, signatures, clock }: Ports) =>
  async (): Promise<Answer> => {
    const fingerprint = await signatures.fingerprint();
    const pinned = plan.signing?.publicKeySha256;
    const backups = Object.entries(plan.backups).map(([name, { schedule, sources }]) => ({
      backup: name,
      sources,
      schedule: `${schedule} UTC`,
      longestInterval: formatDuration(longestIntervalMs(schedule)),
      nextRuns: nextRuns(schedule, clock(), 3).map((run) => run.toISOString()),
    }));
    const isRightKey = pinned === undefined || pinned === fingerprint;
    return {
      verdict: isRightKey
        ? "The plan holds together"
        : `The signing key is ${fingerprint}, the plan pins ${pinned}: nothing it signs is believed`,
      figures: { backups, objectives: plan.objectives, signingKey: { fingerprint, pinned: pinned ?? "not yet" } },
      next: pinned === undefined ? `Pin the key in the plan: signing: { publicKeySha256: ${fingerprint} }` : "Nothing.",
    };
  };
