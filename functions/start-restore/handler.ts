import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireMachines } from "#adapters/aws/wire.ts";
import { startRestore } from "#app/start-restore.ts";
import { loadConfig } from "#config";
import { RestoreByHand } from "#events/restore-requested.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["RESTORE_MACHINE", "RESTORE_ALL_MACHINE"]);
const start = startRestore({
  ...wireAws(config),
  machines: wireMachines(),
  machine: config.RESTORE_MACHINE,
  machineForAll: config.RESTORE_ALL_MACHINE,
  plan: loadPlan(process.env).plan,
});

export const handler = defineTask(RestoreByHand, (input, { requestId }) => start(input, requestId));
