import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import pWaitFor from "p-wait-for";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { withTaskFault, wrapTool } from "#local/demo/faults.ts";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { podman } from "#local/podman.ts";
import { stageFiles } from "#local/stage-layout.ts";
import { watchStage } from "./support/invariants.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
const ask = (...command: string[]) => redis(world.stage, "sessions", ...command);
beforeAll(async () => {
  world = await openWorld();
  await world.haveLatest();
});
beforeEach(() => resetFleet(["sessions"]));
afterAll(async () => {
  await resetFleet(["sessions"]);
  await world.client.clearMessages();
});

it("S14 makes no point when the source's BGSAVE fails, since its disk takes no more", async () => {
  await ask("CONFIG", "SET", "repl-diskless-sync", "no");
  const pid = await podman(["inspect", "--format", "{{.State.Pid}}", world.stage.sources.sessions.container]);
  await execa("prlimit", ["--pid", pid, "--fsize=1000000"]); // its child can't write a larger file
  const watch = await watchStage(world);

  const run = await world.backup(["sessions"]);

  expect(await ask("INFO", "persistence")).toContain("rdb_last_bgsave_status:err");
  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/sessions: (CommandFailed|FormatIncomplete): /);
  expect((await watch.versionsSince()).filter((version) => version.includes(".rdb.zst.gpg"))).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});

it("S14 makes no point when the source drops its replica in the middle of the transfer, since its output buffer is full", async () => {
  await ask("CONFIG", "SET", "client-output-buffer-limit", "replica 1mb 1mb 0");
  const gate = join(stageFiles.root, "faults", `gate-${Date.now()}`);
  await mkdir(gate, { recursive: true });
  const fault = await wrapTool(
    "redis-cli",
    `#!/bin/bash
case " $* " in *" --rdb "*) ;; *) exec /usr/bin/redis-cli "$@";; esac
set -o pipefail
/usr/bin/redis-cli "$@" | { head -c 1000000; until [ -e /gate/open ]; do sleep 0.1; done; cat; }
`,
  );
  fault.binds?.push(`${gate}:/gate:rw`);
  await execa("chmod", ["0777", gate]);
  const replicas = () => ask("CLIENT", "LIST", "TYPE", "replica");
  const watch = await watchStage(world);

  const run = await withTaskFault(world.stage, fault, async () => {
    const { backupId, arn } = await world.startBackup(["sessions"]);
    await pWaitFor(async () => /flags=S/.test(await replicas()), { interval: 100, timeout: 30_000 });
    const megabyte = "x".repeat(1_000_000);
    await pWaitFor(
      async () => {
        await ask("SET", "flood", megabyte);
        return !/flags=S/.test(await replicas());
      },
      { interval: 50, timeout: 60_000 },
    );
    await writeFile(join(gate, "open"), "");
    return { backupId, execution: await world.client.ended(arn) };
  });
  await rm(gate, { recursive: true });

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/sessions: (CommandFailed|FormatIncomplete): /);
  expect((await watch.versionsSince()).filter((version) => version.includes(".rdb.zst.gpg"))).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});
