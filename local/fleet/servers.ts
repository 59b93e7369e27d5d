import { join } from "node:path";
import { stageAddresses, stageFiles } from "../stage-layout.ts";

type Server = {
  engine: "postgresql" | "redis";
  container: string;
  /** Reached alike from this host and from tasks. It also listens on 127.0.0.1. */
  host: string;
  port: number;
  /** The folder in the image that it starts from. */
  starts: "seeded" | "empty";
};

/** The sample fleet: two servers to protect, and an empty one of each kind to restore into. */
export const fleetServers = {
  "app-db": server("postgresql", "app-db", 15432, "seeded"),
  "staging-db": server("postgresql", "staging-db", 15433, "empty"),
  sessions: server("redis", "sessions", 16379, "seeded"),
  "staging-redis": server("redis", "staging-redis", 16380, "empty"),
} as const satisfies Record<string, Server>;
export type FleetServerName = keyof typeof fleetServers;
export const fleetServerNames = [
  "app-db",
  "staging-db",
  "sessions",
  "staging-redis",
] as const satisfies readonly FleetServerName[];
/** The sample fleet's trees of files, on file systems of the emulator: one to protect, and an empty place to restore into. */
export const fleetTrees = {
  uploads: tree("fs-0a0a0a0a0a0a0a0a1", "uploads", "seeded"),
  "staging-uploads": tree("fs-0a0a0a0a0a0a0a0a2", "uploads", "empty"),
} as const;
export type FleetTreeName = keyof typeof fleetTrees;
export const fleetTreeNames = ["uploads", "staging-uploads"] as const satisfies readonly FleetTreeName[];
/** The databases of `app-db`. */
export const appDatabases = ["app", "investigations", "compliance", "analytics"] as const;

function server(engine: Server["engine"], name: string, port: number, starts: Server["starts"]): Server {
  return { engine, container: `holdfast-${name}`, host: stageAddresses.gateway, port, starts };
}

function tree(fileSystem: string, path: string, starts: Server["starts"]) {
  const mount = join(stageFiles.emulator.efs, fileSystem);
  return { engine: "files" as const, fileSystem, path, mount, folder: join(mount, path), starts };
}
