import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireMachines } from "#adapters/aws/wire.ts";
import { checkBackup } from "#app/check-backup.ts";
import { loadConfig } from "#config";
import { ObjectCreated } from "#events/envelopes.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["VERIFY_MACHINE"]);
const check = checkBackup({
  ...wireAws(config, loadPlan(process.env).plan.signing?.publicKeySha256),
  machines: wireMachines(),
  verifyMachine: config.VERIFY_MACHINE,
  log,
});

export const handler = defineTask(ObjectCreated, ({ detail }) =>
  check({ bucket: detail.bucket.name, key: detail.object.key }),
);
