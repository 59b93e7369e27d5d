import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalStage } from "../local-stage.ts";
import { stageFiles } from "../stage-layout.ts";

/** What a task container gets while a fault is on: variables, binds, and which task definitions it is for. */
export type TaskFault = { environment?: Record<string, string>; binds?: string[]; match?: string };

/** New tasks have the fault until `work` has ended, however it ends. */
export async function withTaskFault<T>(stage: LocalStage, fault: TaskFault, work: () => Promise<T>): Promise<T> {
  await writeFile(stage.taskFaultsFile, JSON.stringify(fault));
  try {
    return await work();
  } finally {
    await rm(stage.taskFaultsFile, { force: true });
  }
}

/** Puts a program in front of a tool: containers find it first, and the real one by its full path. */
export async function wrapTool(tool: string, script: string, match = "capture"): Promise<TaskFault> {
  const folder = join(stageFiles.root, "faults");
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${tool}-${Date.now()}`);
  await writeFile(file, script);
  await chmod(file, 0o755);
  return { binds: [`${file}:/usr/local/sbin/${tool}:ro`], match };
}

/** A pg_dump that hands over `bytes` of a dump and then says that all is well: the lie that most backup tools believe. */
export const cutOffPgDump = (bytes: number) =>
  wrapTool(
    "pg_dump",
    `#!/bin/bash
case " $* " in *" --version "*|*" -V "*) exec /usr/bin/pg_dump "$@";; esac
/usr/bin/pg_dump "$@" | head -c ${bytes}
exit 0
`,
  );
