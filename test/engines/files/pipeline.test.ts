import { expect, it } from "vitest";
import { capture } from "#engines/files/capture.ts";
import { FilesSource } from "#engines/files/config.ts";
import { verify } from "#engines/files/verify.ts";
import type { CapturedStream } from "#ports/engine.ts";
import { pipelineWorld } from "../../pipeline/pipeline-world.ts";
import { everythingIn, filesWorld, insteadOfTar, sh } from "./files-world.ts";

/** A tree, and the real pipeline in the place of the test's own store. */
async function treeAndPipeline() {
  const world = await filesWorld();
  sh(`${world.folder}/tree`, "for i in {1..40}; do head -c 1M /dev/urandom > $i; done; echo 'API_KEY=a secret' > .env");
  const pipeline = pipelineWorld();
  const stored: Awaited<ReturnType<typeof pipeline.store>>[] = [];
  const store = async (stream: CapturedStream) => void stored.push(await pipeline.store(stream));
  return {
    world,
    pipeline,
    stored,
    capture: async () => capture({ ...(await world.tools()), store }, FilesSource.parse(world.source)),
  };
}

it("goes through zstd, gpg and the upload and comes back, and a `.env` is in no stored byte", async () => {
  const { world, pipeline, stored, capture } = await treeAndPipeline();

  const { facts } = await capture();

  const [artifact] = stored;
  if (!artifact) throw new Error("nothing was stored");
  expect(artifact.exitCodes).toEqual({ tar: 0, zstd: 0, gpg: 0 });
  expect([...pipeline.objects.values()].some((bytes) => Buffer.from(bytes).includes("API_KEY"))).toBe(false);
  world.bytes = (await pipeline.read(artifact)).plain;
  expect(await verify({ ...(await world.tools()), open: world.open }, world.point(facts))).toEqual({ wrong: [] });
  await world.restore(facts);
  expect(everythingIn(`${world.folder}/target`)).toBe(everythingIn(`${world.folder}/tree`));
});

it.each([
  ["S5: cut off after 20 MB, exit 0", '$REAL "$@" | head -c 20000000; exit 0', "FormatIncomplete"],
  ["S6: cut off after 20 MB, exit 1", '$REAL "$@" | head -c 20000000; exit 1', "CommandFailed"],
  ["S1: killed after 20 MB", '$REAL "$@" | head -c 20000000; kill -KILL $$', "CommandFailed"],
  [
    "S10: whole, but with a word about a file that could not be read",
    `$REAL "$@"; echo 'tar: "./1": Warning: Read error at byte 0: Input/output error' >&2`,
    "FormatIncomplete",
  ],
])("%s: the upload is aborted, and no object becomes visible", async (_, script, name) => {
  const { pipeline, stored, capture } = await treeAndPipeline();
  await insteadOfTar(script);

  await expect(capture()).rejects.toMatchObject({ name });

  expect([pipeline.seen, stored]).toEqual([{ aborted: 1, completed: 0 }, []]);
});
