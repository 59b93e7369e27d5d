import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureCertificates } from "./certificates.ts";
import { configureContainerEngine, startContainerEngine } from "./container-engine.ts";
import { checkTypes, deployStack, type StackOutputs } from "./deploy.ts";
import { startEmulator } from "./emulator/start.ts";
import { ensureEscrowKeys } from "./escrow.ts";
import { resetFleet } from "./fleet/fleet.ts";
import { fleetServerNames, fleetTreeNames } from "./fleet/servers.ts";
import { removeOlderImages } from "./images/build-image.ts";
import { ensureStageImages, type StageImages } from "./images/images.ts";
import { type LocalStage, localStageOf, readLocalStage, writeLocalStage } from "./local-stage.ts";
import { type Narrate, narrateNothing } from "./narrate.ts";
import { type Container, listByLabel, remove, stageLabel, taskLabel } from "./podman.ts";
import { accepts, runningInBackground, startInBackground, stopBackground } from "./processes.ts";
import { stageSecrets, storeSecrets } from "./secrets.ts";
import { makeStageFolders, repositoryRoot, stageAddresses, stageFiles } from "./stage-layout.ts";

export type StageOptions = {
  narrate?: Narrate;
  /** False leaves the emulator empty but for the secrets; `deployStage` can follow. */
  deploy?: boolean;
};

/**
 * Starts the local stage from nothing: images, container engine, emulator, sample fleet, sink, and the deployed stack.
 * A stage that is up, or half up, is ended first. When anything fails, nothing is left running.
 * @returns what `.holdfast/local.json` holds from then on
 */
export async function startStage({ narrate = narrateNothing, deploy = true }: StageOptions = {}): Promise<LocalStage> {
  if (process.getuid?.() !== 0)
    throw new Error(
      "the local stage needs root, for its containers' network: sudo --preserve-env=PATH npm run local:up",
    );
  await prepareState();
  if (existsSync(stageFiles.localStage) || (await leftovers()).length > 0)
    await narrate("end the stage that was up", () => stopStage());
  await refuseTakenPorts();
  try {
    const [images] = await Promise.all([
      startServers(narrate),
      deploy ? narrate("check types", checkTypes) : undefined,
    ]);
    const stage = localStageOf(images, {});
    await writeLocalStage(stage);
    return deploy ? await deployStage({ narrate, areTypesChecked: true }) : stage;
  } catch (error) {
    await stopStage();
    throw error;
  }
}

/**
 * Deploys what the checkout holds to the stage that is up: again, after a change, with the worker's image as it is now.
 * @throws when the stage is down, the types are wrong, or the deploy fails; the stage stays up
 */
export async function deployStage({
  narrate = narrateNothing,
  areTypesChecked = false,
}: {
  narrate?: Narrate;
  areTypesChecked?: boolean;
} = {}): Promise<LocalStage> {
  await readLocalStage();
  if (!areTypesChecked) await narrate("check types", checkTypes);
  const images = await ensureStageImages(narrate);
  const outputs: StackOutputs = await narrate("deploy", () => deployStack({ workerImage: images.worker }));
  const stage = localStageOf(images, outputs);
  await writeLocalStage(stage);
  await removeOlderImages(Object.values(images)); // not before: tasks of the earlier deploy needed them
  return stage;
}

/**
 * Ends everything that the stage started: servers by their recorded pids, containers by their labels. Images stay.
 * @throws when something could not be ended, with its name
 */
export async function stopStage({ narrate = narrateNothing }: { narrate?: Narrate } = {}): Promise<void> {
  await prepareState();
  await rm(stageFiles.localStage, { force: true });
  await Promise.all([
    narrate("stop emulator and sink", async () => Promise.all([stopBackground("emulator"), stopBackground("sink")])),
    narrate("stop sample fleet", async () => remove(idsOf(await listByLabel(stageLabel)))),
  ]);
  await narrate("stop tasks and container engine", async () => {
    await remove(idsOf(await stageContainers())); // only now: until a moment ago the emulator could start more
    await stopBackground();
    await Promise.all([stageFiles.podmanSocket, stageFiles.taskFaults].map((file) => rm(file, { force: true })));
  });
  const left = await leftovers();
  if (left.length > 0) throw new Error(`still there: ${left.join(", ")}`);
}

async function startServers(narrate: Narrate): Promise<StageImages> {
  const images = await narrate("images", () => ensureStageImages(narrate));
  await ensureCertificates(images.worker);
  await Promise.all([
    narrate("container engine", startContainerEngine)
      .then(() => narrate("emulator", startEmulator)) // it wipes its file systems
      .then(() => narrate("sample tree of files", () => resetFleet(fleetTreeNames))),
    narrate("sample fleet", () => resetFleet(fleetServerNames)),
    narrate("sink", startSink),
    ensureEscrowKeys(images.worker),
  ]);
  await narrate("secrets", async () => storeSecrets(await stageSecrets()));
  return images;
}

async function startSink(): Promise<void> {
  await startInBackground({ name: "sink", file: process.execPath, args: [join(repositoryRoot, "local/sink.ts")] }, () =>
    accepts(stageAddresses.sinkPort),
  );
}

async function prepareState(): Promise<void> {
  await makeStageFolders();
  await configureContainerEngine();
}

/** What runs, or is there, of a stage: names of servers and containers. */
async function leftovers(): Promise<string[]> {
  return [...(await runningInBackground()), ...(await stageContainers()).map(({ name }) => name)];
}

async function stageContainers(): Promise<Container[]> {
  return (await Promise.all([stageLabel, taskLabel].map(listByLabel))).flat();
}

const idsOf = (containers: readonly Container[]) => containers.map(({ id }) => id);

async function refuseTakenPorts(): Promise<void> {
  for (const port of [stageAddresses.emulatorPort, stageAddresses.sinkPort]) {
    if (await accepts(port)) throw new Error(`another program listens on port ${port}: the local stage needs it`);
  }
}
