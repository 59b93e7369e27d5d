import { machineOf } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { ExecutionEnded } from "#events/envelopes.ts";
import type { Metrics } from "#ports/metrics.ts";
import { readRequest } from "./describe-failure.ts";

/** One failed execution, however it died: only here is each of them seen. A try of the same message that failed counts again. */
export function countFailure(
  { metrics, plan }: { metrics: Metrics; plan: Plan },
  execution: ExecutionEnded["detail"],
): void {
  const { backup = "unknown", scheduledTime, safetyFor, source, target } = readRequest(execution);
  const machine = machineOf(execution.stateMachineArn)?.machine;
  if (machine === "backup") {
    const kind = scheduledTime === undefined ? "manual" : backup;
    metrics({ backup_failure_total: 1 }, { backup: safetyFor === undefined ? kind : "safety" });
  }
  if (machine === "restore" && source !== undefined) {
    const into = plan.targets[target ?? plan.sources[source]?.restoreTo ?? ""];
    if (into?.live === false) metrics({ recovery_test_success: 0 }, { source });
  }
}
