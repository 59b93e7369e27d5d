import { hookRunOf, type Ran } from "#domain/hooks.ts";
import type { RunLog } from "#ports/log.ts";
import type { HookPorts } from "./run-hook.ts";
import { undoHooks } from "./undo-hooks.ts";

/** Undoes the hooks around one source, whatever came of it. What could not be undone is told in `problem`, never thrown. */
export const resume =
  (ports: HookPorts & { log: RunLog }) =>
  async (
    { executionArn, source }: { executionArn: string; source: string },
    callId: string,
  ): Promise<{ hooks: Ran[]; problem: string }> => {
    const undone = await undoHooks(ports, { hookRun: hookRunOf(executionArn), source }, callId);
    return { hooks: undone?.hooks ?? [], problem: undone?.problems.join("; ") ?? "" };
  };
