import { readEscrow, readPlan } from "#adapters/plan-file.ts";
import { loadConfig } from "#config";
import { engineSections } from "#engines/descriptions.ts";

/** The plan that was packaged with the function. */
export function loadPlan(env: NodeJS.ProcessEnv) {
  const root = env["LAMBDA_TASK_ROOT"] ?? ".";
  const plan = readPlan(root, loadConfig(env).STAGE, engineSections);
  return { plan, escrow: readEscrow(root, plan) };
}
