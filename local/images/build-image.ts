import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { type Narrate, narrateNothing } from "../narrate.ts";
import { imageLabel, podman } from "../podman.ts";
import { repositoryRoot } from "../stage-layout.ts";

export type ImageRecipe = {
  /** Without registry and tag: `holdfast-worker`. */
  name: string;
  /** The folder that COPY lines copy from. */
  context: string;
  containerfile: string;
  /** Files or folders whose content decides, with the containerfile, whether the image is built again. */
  inputs: readonly string[];
  /** The base image: another one makes another image. Containerfiles may take it as the argument FROM. */
  from: string;
  /** Made just before a build, when one is needed: bind mounts (`host:container:ro`) for its RUN lines. */
  prepare?: () => Promise<readonly string[]>;
};

/** The image's reference, `localhost/<name>:<hash of its inputs>`. It is built unless it is there. */
export async function ensureImage(recipe: ImageRecipe, narrate: Narrate = narrateNothing): Promise<string> {
  const reference = `localhost/${recipe.name}:${await inputHash(recipe)}`;
  if (!(await hasImage(reference))) await narrate(`build image ${recipe.name}`, () => buildImage(recipe, reference));
  return reference;
}

async function buildImage({ context, containerfile, from, prepare }: ImageRecipe, reference: string): Promise<void> {
  const binds = (await prepare?.()) ?? [];
  await podman([
    "build",
    "--quiet",
    "--network=host", // apt inside reaches what the machine reaches
    `--label=${imageLabel}`,
    `--build-arg=FROM=${from}`,
    ...binds.map((bind) => `--volume=${bind}`),
    `--tag=${reference}`,
    `--file=${containerfile}`,
    context,
  ]);
}

/** Removes what was built under the same names from other inputs, as far as nothing runs from it. */
export async function removeOlderImages(current: readonly string[]): Promise<void> {
  for (const reference of current) {
    const name = reference.slice(0, reference.lastIndexOf(":"));
    const listed = await podman(["images", "--format={{.Repository}}:{{.Tag}}", `--filter=reference=${name}`]);
    for (const other of listed.split("\n").filter((found) => found !== "" && found !== reference)) {
      await podman(["rmi", other]).catch(() => undefined); // still in use: a later start removes it
    }
  }
}

export async function hasImage(reference: string): Promise<boolean> {
  return podman(["image", "exists", reference]).then(
    () => true,
    () => false,
  );
}

async function inputHash({ containerfile, inputs, from }: ImageRecipe): Promise<string> {
  const hash = createHash("sha256").update(from);
  const files = (await Promise.all([containerfile, ...inputs].map(filesUnder))).flat();
  for (const file of [...new Set(files)].sort())
    hash.update(`\0${relative(repositoryRoot, file)}\0`).update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}

/** A file is itself; a folder is all files in it. */
async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => undefined);
  return entries?.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)) ?? [path];
}
