import { z } from "zod";
import { defineEngine } from "#ports/engine.ts";
import { captureRdb } from "./capture.ts";
import { RedisSource, RedisTarget } from "./config.ts";
import { checkRedis } from "./preflight.ts";
import { reach } from "./reach.ts";
import { restoreRdb } from "./restore.ts";
import { guideToRdb } from "./restore-guide.ts";
import { inspectTarget } from "./target.ts";
import { verifyRdb } from "./verify.ts";

/** Redis as a single server: a snapshot through its replication stream, and a restore through the same. */
export const redis = defineEngine({
  id: "redis",
  section: { source: RedisSource, target: RedisTarget },
  restoreOptions: z.strictObject({}),
  traits: { swapKeepsOldState: false, needsRoot: false },
  restoreGuide: guideToRdb,
  reach,
  preflight: checkRedis,
  capture: captureRdb,
  verify: verifyRdb,
  inspect: inspectTarget,
  restore: restoreRdb,
});
