import type { BackupId } from "#domain/ids.ts";
import type { Events } from "#ports/messaging.ts";
import type { Suspicion } from "./find-suspicion.ts";

/** T8: one problem for all the suspicious points that come after the same usual one, however many. */
export async function raiseSuspicion(
  { stage, events }: { stage: string; events: Events },
  { backupId, source }: { backupId: BackupId; source: string },
  { reasons, usual }: Suspicion,
): Promise<void> {
  await events.emit({
    type: "AlarmRaised",
    detail: {
      stage,
      code: "PointSuspicious",
      source,
      problem: `${source} after ${usual ?? "nothing"}`,
      message: [
        `${source} in ${backupId} was read back whole, and is unlike what ${source} usually holds:`,
        ...reasons,
        `It does not become latest, and nothing of ${source} is let go of until somebody has looked.`,
      ].join("\n"),
      next: {
        say: "look at the source, and at its history; then release the point, or quarantine it:",
        command: `npx sls invoke --stage ${stage} -f describe-source -d '{"source":"${source}"}'`,
      },
    },
  });
}
