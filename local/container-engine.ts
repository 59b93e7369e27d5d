import { rm, writeFile } from "node:fs/promises";
import { accepts, startInBackground } from "./processes.ts";
import { stageFiles } from "./stage-layout.ts";

/** Writes what every podman command of the stage needs. Comes before the first container or image. */
export async function configureContainerEngine(): Promise<void> {
  const settings = [
    "[containers]",
    'base_hosts_file = "none" # else names of this machine would resolve in containers, and only here',
    "[network]",
    'network_backend = "netavark"',
  ];
  await writeFile(stageFiles.containersConf, `${settings.join("\n")}\n`);
}

/** Serves podman's Docker API on `.holdfast/podman.sock`, through which the emulator starts tasks. */
export async function startContainerEngine(): Promise<void> {
  await rm(stageFiles.podmanSocket, { force: true });
  await startInBackground(
    {
      name: "container-engine",
      file: "podman",
      args: ["system", "service", "--time=0", `unix://${stageFiles.podmanSocket}`],
      env: { CONTAINERS_CONF: stageFiles.containersConf },
    },
    () => accepts(stageFiles.podmanSocket),
  );
}
