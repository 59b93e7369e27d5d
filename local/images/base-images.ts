import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { type Narrate, narrateNothing } from "../narrate.ts";
import { imageLabel, podman } from "../podman.ts";
import { repositoryRoot, stageFiles } from "../stage-layout.ts";
import { hasImage } from "./build-image.ts";

export const debianImage = "docker.io/library/debian:trixie-slim";
export const nodeImage = "docker.io/library/node:24-trixie-slim";

/**
 * The two public images that Dockerfiles start from, made from packages: no registry is asked. An image of that name
 * that is already there, pulled or made, is taken as it is.
 */
export async function ensureDebianImage(narrate: Narrate = narrateNothing): Promise<void> {
  if (!(await hasImage(debianImage))) await narrate("make image debian:trixie-slim from packages", makeDebianImage);
}

async function makeDebianImage(): Promise<void> {
  const bootstrap = execa(
    "mmdebstrap",
    [
      "--quiet",
      "--variant=minbase",
      "--include=ca-certificates",
      ...slim.map((option) => `--dpkgopt=${option}`),
      "--aptopt=Acquire::Languages none",
      "trixie",
      "-",
      await debianMirror(),
    ],
    { encoding: "buffer", buffer: { stdout: false }, stdin: "ignore" },
  );
  await bootstrap.pipe("podman", ["import", "--quiet", "--change", `LABEL ${imageLabel}`, "-", debianImage], {
    env: { CONTAINERS_CONF: stageFiles.containersConf },
  });
}

/** Needs the Debian image. Holds Node and its licence, neither npm nor a `node` user. */
export async function ensureNodeImage(narrate: Narrate = narrateNothing): Promise<void> {
  if (!(await hasImage(nodeImage))) await narrate("build image node:24-trixie-slim", makeNodeImage);
}

async function makeNodeImage(): Promise<void> {
  const folder = join(repositoryRoot, "node_modules/node/bin");
  await podman([
    "build",
    "--quiet",
    "--label",
    imageLabel,
    "--tag",
    nodeImage,
    "--file",
    join(import.meta.dirname, "base/node.Containerfile"),
    folder,
  ]);
}

/** What Debian's own slim images leave out, too. It stays set for packages that are installed on top. */
const slim = [
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/locale/*",
  "path-exclude=/usr/share/info/*",
  "force-unsafe-io",
];

/** The mirror that this machine uses: others may not be reachable from here. */
async function debianMirror(): Promise<string> {
  const folder = "/etc/apt/sources.list.d";
  const names = (await readdir(folder).catch(() => [])).filter(
    (name) => name.endsWith(".sources") || name.endsWith(".list"),
  );
  const texts = await Promise.all(
    [join(folder, "debian.sources"), ...names.map((name) => join(folder, name)), "/etc/apt/sources.list"].map((file) =>
      readFile(file, "utf8").catch(() => ""),
    ),
  );
  const found = texts
    .map((text) => /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+\/debian)\/?(?:\s|$)/m.exec(text)?.[1])
    .find(Boolean);
  return found ?? "http://deb.debian.org/debian";
}
