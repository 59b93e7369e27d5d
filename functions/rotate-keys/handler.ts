import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireMachines, wireWrappingKey } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { rotateKeys } from "#app/rotate-keys.ts";
import { loadConfig } from "#config";
import { RotateByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["ENVELOPE_KEY", "VERIFY_MACHINE"]);
const ports = wireAws(config, loadPlan(process.env).plan.signing?.publicKeySha256);
const rotate = rotateKeys({
  ...ports,
  wrappingKey: wireWrappingKey(config.ENVELOPE_KEY),
  audit: auditLog(ports),
  machines: wireMachines(),
  verifyMachine: config.VERIFY_MACHINE,
  log,
});

export const handler = defineTask(RotateByHand, (input, { requestId }) => rotate(input, requestId));
