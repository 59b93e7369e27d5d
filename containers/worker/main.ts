import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTask } from "#app/run-task.ts";
import { wireTask } from "./wire.ts";

// `.sync` sees only the exit code; what the task came to stands in its outcome object. SIGTERM reaches the work.
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort(new Error("INTERRUPTED: the task was told to stop")));

const workDir = mkdtempSync(join(tmpdir(), "holdfast-"));
const { TASK_INPUT_KEY, TASK_ATTEMPT } = process.env;
process.exitCode = await runTask(wireTask(process.env, workDir))({
  inputKey: TASK_INPUT_KEY,
  attempt: TASK_ATTEMPT,
  signal: stop.signal,
});
