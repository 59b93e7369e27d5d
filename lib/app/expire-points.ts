import { type Expiry, newSweepId } from "#domain/expiry.ts";
import { sha256 } from "#domain/hashes.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Audit } from "./audit-log.ts";
import { judgeRetention, type StandingPoint } from "./judge-retention.ts";
import { namedIn, type SweptPorts } from "./swept-place.ts";
import { writeExpiry } from "./write-expiry.ts";

type Ports = SweptPorts & { signer: Signer; audit: Audit; clock: Clock; log: RunLog };
export type SweepInput = { execution: { id: string; startTime: string } };

export const sweepOf = ({ id, startTime }: SweepInput["execution"]) =>
  newSweepId(sha256(id).slice(0, 4), new Date(startTime));

/**
 * Lets go of what no rule keeps, and takes back what a rule or a hold keeps again. Deletes nothing. Judged anew, as of the
 * moment the sweep began: begun again, it comes to the same points.
 */
export const expirePoints =
  (ports: Ports) =>
  async ({ execution }: SweepInput): Promise<{ expired: number; keptAgain: number }> => {
    const sweep = sweepOf(execution);
    ports.log.belongsTo(sweep);
    const now = new Date(execution.startTime);
    const { sources } = await judgeRetention(ports, now);
    const say = async (step: "expired" | "kept", point: StandingPoint, because: string) => {
      const { source, backupId } = point;
      const word: Expiry = { schema: 1, step, backupId, source, sweep, at: now.toISOString(), because };
      await writeExpiry(ports, word);
      const [what, outcome] =
        step === "expired" ? (["expire", "not offered"] as const) : (["keep again", "offered"] as const);
      const who = { claimed: null, call: execution.id };
      await ports.audit({ who, what, to: namedIn(ports, point), because, outcome });
    };
    let expired = 0;
    let keptAgain = 0;
    for (const { keep, expire } of sources) {
      for (const { point, reason } of keep) {
        if (!point.expiredAt) continue;
        await say("kept", point, reason);
        keptAgain++;
      }
      for (const { point, reason } of expire) {
        if (point.expiredAt && point.expiredAt.getTime() !== now.getTime()) continue; // an earlier sweep has
        await say("expired", point, reason);
        expired++;
      }
    }
    ports.log.info(`${expired} points have expired, ${keptAgain} are kept again`, { sweep });
    return { expired, keptAgain };
  };
