import { existsSync } from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pWaitFor from "p-wait-for";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { withTaskFault, wrapTool } from "#local/demo/faults.ts";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { execIn } from "#local/podman.ts";
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

it("S14 makes no point when the source's BGSAVE fails, since its file can't be put where it belongs", async () => {
  await ask("CONFIG", "SET", "repl-diskless-sync", "no");
  const { container } = world.stage.sources.sessions;
  const inTheWay = "cd /var/lib/redis/seeded && rm -f dump.rdb && mkdir dump.rdb";
  expect((await execIn(container, ["bash", "-c", inTheWay])).exitCode).toBe(0);
  const watch = await watchStage(world);

  const run = await world.backup(["sessions"]);

  expect(await ask("INFO", "persistence")).toContain("rdb_last_bgsave_status:err");
  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/sessions: (CommandFailed|FormatIncomplete): /);
  expect((await watch.versionsSince()).filter((version) => version.includes(".rdb.zst.gpg"))).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});

it("S14 makes no point when the source cuts its replica off in the middle of the transfer, as for a buffer that is full", async () => {
  const gate = join(stageFiles.root, "faults", `gate-${Date.now()}`);
  await mkdir(gate, { recursive: true });
  const fault = await wrapTool(
    "redis-cli",
    `#!/bin/bash
case " $* " in *" --rdb "*) ;; *) exec /usr/bin/redis-cli "$@";; esac
set -o pipefail
/usr/bin/redis-cli "$@" | { head -c 1000000; touch /gate/begun; until [ -e /gate/open ]; do sleep 0.1; done; cat; }
`,
  );
  fault.binds?.push(`${gate}:/gate:rw`);
  await chmod(gate, 0o777); // for whoever the task runs as
  const watch = await watchStage(world);

  const run = await withTaskFault(world.stage, fault, async () => {
    const { backupId, arn } = await world.startBackup(["sessions"]);
    await pWaitFor(() => existsSync(join(gate, "begun")), { interval: 100, timeout: 60_000 });
    expect(await ask("CLIENT", "KILL", "TYPE", "replica")).toBe("1");
    await writeFile(join(gate, "open"), "");
    return { backupId, execution: await world.client.ended(arn) };
  });
  await rm(gate, { recursive: true });

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/sessions: (CommandFailed|FormatIncomplete): /);
  expect((await watch.versionsSince()).filter((version) => version.includes(".rdb.zst.gpg"))).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});
