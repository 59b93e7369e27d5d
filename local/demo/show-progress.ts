import { setTimeout as wait } from "node:timers/promises";
import type { StageClient } from "../stage-client.ts";

const LOOK_EVERY_MS = 500;

/** Shows what a restore's message in Slack is changed to, as it changes, while `work` goes on. */
export async function whileShowingProgress<T>(
  client: StageClient,
  show: (text: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const shown = new Set<string>();
  const showNew = async () => {
    const updates = (await client.messages()).filter(({ channel }) => channel === "slack-update");
    for (const title of updates.map((message) => client.asText(message).split("\n")[0] ?? ""))
      if (title.startsWith("Restoring ") && !shown.has(title)) {
        show(`slack ▸ ${title}`);
        shown.add(title);
      }
  };
  const showing = (async () => {
    while (!done.signal.aborted) {
      await showNew();
      await wait(LOOK_EVERY_MS, undefined, { signal: done.signal }).catch(() => {});
    }
  })();
  try {
    return await work();
  } finally {
    done.abort();
    await showing;
  }
}
