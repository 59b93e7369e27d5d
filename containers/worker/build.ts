import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = import.meta.dirname;
const repositoryRoot = join(here, "../..");

/** What a CommonJS library in the bundle expects to find; `libpg-query.wasm` is looked for beside the bundle. */
const BANNER = [
  "import { createRequire } from 'node:module';",
  "const require = createRequire(import.meta.url);",
  "const __filename = import.meta.filename;",
  "const __dirname = import.meta.dirname;",
].join("");

/** Bundles main.ts into `dist`, which the Dockerfile copies. The same sources give the same bytes. */
export async function buildWorker(): Promise<{ folder: string }> {
  const folder = join(here, "dist");
  await mkdir(folder, { recursive: true });
  await build({
    absWorkingDir: repositoryRoot,
    entryPoints: [join(here, "main.ts")],
    outfile: join(folder, "main.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    logLevel: "error",
    banner: { js: BANNER },
  });
  const parser = dirname(createRequire(import.meta.url).resolve("libpg-query"));
  await copyFile(join(parser, "libpg-query.wasm"), join(folder, "libpg-query.wasm"));
  return { folder };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWorker();
