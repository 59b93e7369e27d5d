import { openCopy, wireAws, wireKeys, wireProbes } from "#adapters/aws/wire.ts";
import { commands } from "#adapters/commands/commands.ts";
import { zstdAndGpg } from "#adapters/commands/sealing.ts";
import { structuredLog } from "#adapters/log.ts";
import { surroundings } from "#adapters/surroundings.ts";
import { loadConfig } from "#config";
import { engines } from "#engines/registry.ts";
import { giveUpRoot } from "./give-up-root.ts";

/** Everything that a task may need; its role decides what it can do with it. */
export function wireTask(env: NodeJS.ProcessEnv, workDir: string) {
  const config = loadConfig(env, ["ENVELOPE_KEY", "PINNED_SIGNING_KEY"]);
  const pinned = config.PINNED_SIGNING_KEY === "none" ? undefined : config.PINNED_SIGNING_KEY;
  return {
    ...wireAws(config, pinned),
    openCopy,
    keys: wireKeys(config.ENVELOPE_KEY),
    probes: wireProbes(config, config.ENVELOPE_KEY),
    surroundings: surroundings(),
    sealing: zstdAndGpg(),
    commands: commands(workDir),
    log: structuredLog("holdfast-task"),
    engines,
    giveUpRoot: () => giveUpRoot(workDir),
    workDir,
  };
}
