import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents, wireMachines } from "#adapters/aws/wire.ts";
import { checkBackup } from "#app/check-backup.ts";
import { sweepRepository } from "#app/sweep-repository.ts";
import { loadConfig } from "#config";
import { SweepByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["VERIFY_MACHINE"]);
const { plan } = loadPlan(process.env);
const ports = {
  ...wireAws(config, plan.signing?.publicKeySha256),
  plan,
  machines: wireMachines(),
  verifyMachine: config.VERIFY_MACHINE,
  log,
};

export const handler = defineTask(
  SweepByHand,
  sweepRepository({ ...ports, events: wireEvents(), check: checkBackup(ports) }),
);
