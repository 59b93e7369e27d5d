import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resetFleet } from "#local/fleet/fleet.ts";
import { glassBroken } from "./runbooks/approval.ts";
import { copyFailed } from "./runbooks/copies.ts";
import { filesAreGone, pointSuspicious, repositoryTampered } from "./runbooks/damage.ts";
import { backupFailed, restoreFailed, verifyFailed } from "./runbooks/failed-runs.ts";
import { dropFailed, hookFailed, restoreAllFailed, retentionFailed } from "./runbooks/hooks-and-drops.ts";
import { incident } from "./runbooks/incident.ts";
import { type Page, readIndex, readPages } from "./runbooks/pages.ts";
import { type Bindings, bind, openReader } from "./runbooks/reader.ts";
import type { Scene } from "./runbooks/scene.ts";
import { alarmPathFailed, backupTooOld, runOverdue, settingsDrifted } from "./runbooks/silence.ts";
import { storageNearBudget } from "./runbooks/storage.ts";
import { syslog } from "./runbooks/syslog.ts";
import { addStranger, channelFailed, executionFailed, undelivered } from "./runbooks/undelivered.ts";
import { type Application, startApplication } from "./support/application.ts";
import { whileManifestEventsAreLost } from "./support/manifest-events.ts";
import { type Tampering, tampering } from "./support/tampering.ts";
import { openWorld, type World } from "./support/world.ts";

const PAGE_MS = 240_000;

const pages = await readPages();
const index = await readIndex();
/** Their readers capture and replace what is live, so they come one after the other; the last captures everything. */
const live = ["BackupFailed", "Restore at 03:00", "BackupTooOld", "RunOverdue", "Undelivered"];
const ofLive = ({ name }: Page) => live.indexOf(name);

let world: World;
let hand: Tampering;
let reader: Awaited<ReturnType<typeof openReader>>;
let application: Application;
let stranger: Awaited<ReturnType<typeof addStranger>>;
let scenes: Record<string, Scene>;

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["uploads", "staging-uploads"]);
  await world.client.clearMessages();
  await world.haveLatest();
  reader = await openReader();
  hand = await tampering(world);
  stranger = await addStranger(world);
  application = await startApplication(world);
  const [wrong, unheard] = await whileManifestEventsAreLost(world, () =>
    Promise.all([world.backup(["sessions"]), world.backup(["sessions"])]),
  );
  const PointSuspicious = await pointSuspicious(world, hand); // of the days that it makes up no other point may hear
  const BackupFailed = await backupFailed(world); // its fault is on for every capture
  const [VerifyFailed, RestoreFailed, RepositoryTampered, ExecutionFailed, HookFailed, DropFailed] = await Promise.all([
    verifyFailed(world, hand, wrong.backupId),
    restoreFailed(world),
    repositoryTampered(world, hand),
    executionFailed(world, stranger),
    hookFailed(world, application),
    dropFailed(world),
  ]);
  const [BreakGlass, RestoreAllFailed, RetentionFailed, StorageNearBudget] = await Promise.all([
    glassBroken(world),
    restoreAllFailed(world),
    retentionFailed(world),
    storageNearBudget(world),
  ]);
  const BackupTooOld = await backupTooOld(world);
  const CopyFailed = await copyFailed(world);
  const gone = await filesAreGone(world); // nothing captures the tree from here on, until its page is read
  const RunOverdue = await runOverdue(world);
  const SettingsDrifted = await settingsDrifted(world);
  const AlarmPathFailed = await alarmPathFailed(world);
  const Undelivered = await undelivered(world, stranger, unheard.backupId, BackupFailed); // nobody is told meanwhile
  scenes = {
    ...{ BackupFailed, ExecutionFailed, RepositoryTampered, RestoreFailed, Undelivered, VerifyFailed },
    ...{ DropFailed, HookFailed, RestoreAllFailed, RetentionFailed, CopyFailed },
    ...{ PointSuspicious, StorageNearBudget, BackupTooOld, RunOverdue, SettingsDrifted },
    ...{ AlarmPathFailed, ChannelFailed: channelFailed(world) },
    BreakGlass,
    "Restore at 03:00": gone,
    Incidents: incident(world),
    syslog: await syslog(),
  };
});
afterAll(async () => {
  await reader.close();
  await stranger.remove();
  await application.end();
  await hand.undo();
  await resetFleet(["staging-db", "staging-redis", "uploads", "staging-uploads"]);
  await world.client.clearMessages();
});

describe.concurrent.each([
  { lane: pages.filter((page) => ofLive(page) >= 0).toSorted((a, b) => ofLive(a) - ofLive(b)) },
  { lane: pages.filter((page) => ofLive(page) < 0) },
])("the runbooks", ({ lane }) => {
  it.each(lane)(
    "AS-31 every command of $name does what the page says, after a fault of its kind",
    { concurrent: false, timeout: PAGE_MS },
    (page) => readAloud(page),
  );
});

/** The page's commands in their order, and nothing in them altered but what the index says. */
async function readAloud({ name, commands }: Page): Promise<void> {
  const scene = scenes[name];
  if (!scene) throw new Error(`no fault has been made for ${name}: give it a scene`);
  expect(commands.length, `${name} has commands`).toBeGreaterThan(0);
  expect(scene.steps.length, `${name}: a step for each block and command within the text`).toBe(commands.length);
  const shell = await reader.openShell();
  const bindings: Bindings = { prod: world.stage.stage, "arn:aws:states:…": "none", ...scene.bindings };
  for (const commands of index.commands) await shell(bind(commands, bindings));

  for (const [at, { shows, hides = [], until }] of scene.steps.entries()) {
    const printed = await shell(bind(commands[at] ?? "", bindings));
    for (const text of shows) expect(printed, `${name}, ${commands[at]}`).toContain(text);
    for (const text of hides) expect(printed, `${name}, ${commands[at]}`).not.toContain(text);
    Object.assign(bindings, await until?.(printed, shell));
  }
  expect(index.placeholders, "the table of docs/runbooks/README.md").toEqual(
    expect.arrayContaining(Object.keys(bindings)),
  );
}
