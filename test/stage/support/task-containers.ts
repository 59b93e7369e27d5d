import { request } from "node:http";
import pWaitFor from "p-wait-for";
import { z } from "zod";
import { taskLabel } from "#local/podman.ts";
import { stageFiles } from "#local/stage-layout.ts";

const Containers = z.array(z.looseObject({ Id: z.string(), State: z.string() }));

/** Containers of ECS tasks that run now, asked of podman's own API: cheaper than a process for each question. */
export async function runningTasks(): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [taskLabel], status: ["running"] }));
  const answer = await ask(`/v1.41/containers/json?filters=${filters}`);
  return Containers.parse(JSON.parse(answer)).map(({ Id }) => Id);
}

/** The one task that runs. */
export async function theRunningTask(): Promise<string> {
  let found: string[] = [];
  await pWaitFor(
    async () => {
      found = await runningTasks();
      return found.length === 1;
    },
    { interval: 100, timeout: { milliseconds: 30_000, message: `${found.length} tasks run, not one` } },
  );
  return found[0] ?? "";
}

/** The one that runs and was told to do this task: `sessions` of a run, say. */
export async function theRunningTaskOf(name: string): Promise<string> {
  for (const id of await runningTasks())
    if ((await ask(`/v1.41/containers/${id}/json`)).includes(`/${name}.task.json`)) return id;
  throw new Error(`no task of ${name} runs`);
}

/** What `podman inspect` shows of every task container that is alive at some moment until `stop`. */
export function watchContainers(): { stop: () => Promise<string[]> } {
  const seen = new Map<string, string>();
  let isStopped = false;
  const look = async () => {
    while (!isStopped) {
      for (const id of await runningTasks().catch(() => []))
        if (!seen.has(id)) seen.set(id, await ask(`/v1.41/containers/${id}/json`).catch(() => ""));
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  const looking = look();
  return {
    stop: async () => {
      isStopped = true;
      await looking;
      return [...seen.values()];
    },
  };
}

function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: stageFiles.podmanSocket, path }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve(Buffer.concat(chunks).toString()));
      answer.on("error", reject);
    });
    asked.on("error", reject);
    asked.end();
  });
}
