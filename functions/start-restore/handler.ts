import { defineTask } from "#adapters/aws/define-task.ts";
import { wireMachines } from "#adapters/aws/wire.ts";
import { startRestore } from "#app/start-restore.ts";
import { loadConfig } from "#config";
import { RestoreByHand } from "#events/restore-requested.ts";
import { loadPlan } from "../plan.ts";

const { RESTORE_MACHINE, RESTORE_ALL_MACHINE, STAGE } = loadConfig(process.env, [
  "RESTORE_MACHINE",
  "RESTORE_ALL_MACHINE",
]);
const start = startRestore({
  machines: wireMachines(),
  machine: RESTORE_MACHINE,
  machineForAll: RESTORE_ALL_MACHINE,
  plan: loadPlan(process.env).plan,
  stage: STAGE,
});

export const handler = defineTask(RestoreByHand, (input, { requestId }) => start(input, requestId));
