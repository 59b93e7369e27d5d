import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFile, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { readCatalog } from "#app/catalog.ts";
import { lookAtTree } from "#local/demo/tree-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { kill } from "#local/podman.ts";
import { watchStage } from "./support/invariants.ts";
import { theRunningTask } from "./support/task-containers.ts";
import { within } from "./support/within.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
let live: string;
let staging: string;
const Answer = z.looseObject({ verdict: z.string(), next: z.string() });

beforeAll(async () => {
  world = await openWorld();
  live = world.stage.sources.uploads.folder;
  staging = world.stage.targets["staging-uploads"].folder;
  await resetFleet(["uploads", "staging-uploads"]);
  await world.haveLatest();
});
afterAll(async () => {
  await resetFleet(["uploads", "staging-uploads"]);
  await world.client.clearMessages();
});

it("X1 asks for the target's name where it holds foreign files, takes a safety point, keeps the old tree, and puts it back in one call", async () => {
  await resetFleet(["staging-uploads"]);
  await foreignTree();
  const foreign = await lookAtTree(staging);
  const watch = await watchStage(world);

  const refused = await world.client.run("restore", { source: "uploads" });
  const afterRefusal = await lookAtTree(staging);
  const confirmed = await world.client.run("restore", { source: "uploads", confirm: "staging-uploads" });
  const { restoreId, safetyBackupId, kept, factsCompared } = await world.client.evidenceOf(confirmed);
  const restored = await lookAtTree(staging);
  const again = await world.client.run("restore", { source: "uploads" });
  const { points } = await readCatalog(world.client.catalog, { source: "staging-uploads" });
  const old = await lookAtTree(`${staging}.holdfast-old-${restoreId}`);
  const undone = Answer.parse(await world.client.invoke("rollback-restore", { restoreId, confirm: "staging-uploads" }));
  const undoneAgain = Answer.parse(
    await world.client.invoke("rollback-restore", { restoreId, confirm: "staging-uploads" }),
  );

  expect(refused).toMatchObject({ status: "FAILED", error: "ConfirmationNeeded" });
  expect(afterRefusal).toEqual(foreign);
  expect(confirmed.status, confirmed.cause).toBe("SUCCEEDED");
  expect(factsCompared).toBeGreaterThan(5);
  expect(restored).toEqual(await lookAtTree(live));
  expect(kept).toHaveLength(1);
  expect(points.find(({ backupId }) => backupId === safetyBackupId)?.proof).toBe("verified");
  expect(again.status, again.cause).toBe("SUCCEEDED"); // what holdfast put there itself needs nobody's word
  expect(old).toEqual(foreign);
  expect(undone.verdict).toBe(`staging-uploads is again what it was before the restore ${restoreId}`);
  expect(await lookAtTree(staging)).toEqual(foreign);
  expect(undoneAgain.verdict).toContain("NothingToRollBack");
  await watch.expectInvariants({ failed: [refused] });
});

it("X4 leaves the old tree as it was when the restore's task is killed half-way, and then restores cleanly", async () => {
  await resetFleet(["staging-uploads"]);
  await foreignTree();
  const foreign = await lookAtTree(staging);
  const watch = await watchStage(world);
  const confirmed = { source: "uploads", confirm: "staging-uploads", safety: "none", because: "it is looked at below" };

  const isHalfLoaded = Promise.withResolvers<void>();
  const isKilled = Promise.withResolvers<void>();
  const { result: killed } = await world.throughProxy(
    ({ operation, key }) => {
      if (!key.endsWith(".tar.zst.gpg") || !/^GetObject bytes=[1-9]/.test(operation)) return undefined;
      isHalfLoaded.resolve();
      return { hold: isKilled.promise };
    },
    async () => {
      const arn = await world.client.start("restore", confirmed);
      await within(isHalfLoaded.promise);
      await kill(await theRunningTask());
      isKilled.resolve();
      return world.client.ended(arn);
    },
    "restore",
  );
  const left = await readdir(dirname(staging));
  const afterKill = await lookAtTree(staging);
  const again = await world.client.run("restore", confirmed);

  expect(killed).toMatchObject({ status: "FAILED", error: "RestoreFailed" });
  expect(left.length).toBeGreaterThan(1); // else it was killed before it had begun
  expect(afterKill).toEqual(foreign);
  expect(again.status, again.cause).toBe("SUCCEEDED");
  expect(await lookAtTree(staging)).toEqual(await lookAtTree(live));
  expect((await world.client.evidenceOf(again)).notes.join("\n")).toContain("was left beside the target");
  await watch.expectInvariants({ failed: [killed] });
});

it("S19 brings back a tree with loops, sockets and odd names while files in it grow and vanish, and names those", async () => {
  await resetFleet(["uploads", "staging-uploads"]);
  const moving = join(live, "zz moving"); // the last that tar comes to
  await mkdir(moving);
  await writeFile(join(moving, "a growing"), randomBytes(64 * 1024 * 1024));
  await writeFile(join(moving, "b vanishing"), "soon gone");
  await mkdir(join(live, "loops"));
  await symlink(".", join(live, "loops/self"));
  await symlink("../loops/there", join(live, "loops/back"));
  await symlink("../loops/back", join(live, "loops/there"));
  const socket = createServer().listen(join(live, "app.sock"));
  await once(socket, "listening");
  const watch = await watchStage(world);
  const isReading = Promise.withResolvers<void>();
  const hasChanged = Promise.withResolvers<void>();

  const { result: run } = await world.throughProxy(
    ({ operation, key }) => {
      if (operation !== "UploadPart" || !key.endsWith(".tar.zst.gpg")) return undefined;
      isReading.resolve();
      return { hold: hasChanged.promise };
    },
    async () => {
      const { backupId, arn } = await world.startBackup(["uploads"]);
      await within(isReading.promise); // tar waits in the middle of the first: no more fits between it and S3
      await appendFile(join(moving, "a growing"), "one more line\n");
      await rm(join(moving, "b vanishing"));
      hasChanged.resolve();
      return { backupId, execution: await world.client.ended(arn) };
    },
  );
  const verification = await world.client.endedNamed("verify", run.backupId);
  const restore = await world.client.run("restore", { source: "uploads" });
  socket.close();

  expect(run.execution.status, run.execution.cause).toBe("SUCCEEDED");
  const limits = (await world.manifest(run.backupId)).components["uploads"]?.limits.join("\n");
  for (const name of ["zz moving/a growing", "zz moving/b vanishing", "app.sock"]) expect(limits).toContain(name);
  expect(verification.status).toBe("SUCCEEDED");
  expect(restore.status, restore.cause).toBe("SUCCEEDED");
  for (const folder of ["loops", "odd names", "resumes", "tls"])
    expect(await lookAtTree(join(staging, folder)), folder).toEqual(await lookAtTree(join(live, folder)));
  const grown = await readFile(join(moving, "a growing"));
  const restored = await readFile(join(staging, "zz moving/a growing"));
  expect(restored.equals(grown.subarray(0, 64 * 1024 * 1024))).toBe(true);
  expect(await readdir(join(staging, "zz moving"))).toEqual(["a growing"]);
  await watch.expectInvariants({ latest: { uploads: run.backupId } });
});

/** What somebody else keeps at the target. */
async function foreignTree(): Promise<void> {
  await mkdir(staging, { recursive: true });
  await writeFile(join(staging, "a colleague's work"), "42\n");
}
