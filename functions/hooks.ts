import { log } from "#adapters/aws/define-task.ts";
import { wireAws, wireHooks, wireTasks } from "#adapters/aws/wire.ts";
import { loadConfig } from "#config";
import { loadPlan } from "./plan.ts";

/** What `quiesce` and `resume` need alike: each undoes what the other one did. */
export function wireHookRuns(env: NodeJS.ProcessEnv) {
  const config = loadConfig(env, [
    ...(["CLUSTER", "SUBNET_IDS", "ASSIGN_PUBLIC_IP"] as const),
    ...(["CAPTURE_TASK", "TASK_SECURITY_GROUP", "RESTORE_TASK", "RESTORE_SECURITY_GROUP"] as const),
  ]);
  return {
    plan: loadPlan(env).plan,
    ...wireAws(config),
    ...wireHooks(),
    inSources: { tasks: wireTasks(config, config.TASK_SECURITY_GROUP), definition: config.CAPTURE_TASK },
    inTargets: { tasks: wireTasks(config, config.RESTORE_SECURITY_GROUP), definition: config.RESTORE_TASK },
    log,
  };
}
