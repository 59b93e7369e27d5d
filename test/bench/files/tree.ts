import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { seededBytes } from "../seeded-bytes.ts";

const SMALL_FILES = 40_000;
const PER_FOLDER = 200;
const SMALLEST_BYTES = 1_000;
const MOST_SMALL_BYTES = 32_000;
const BIG_FILES = 9;
const BIG_BYTES = 100_000_000;

/** The same tree each time: many small files and a few big ones, about 1.5 GB at `scale` 1. Gives what its files hold. */
export async function makeTree(root: string, scale: number): Promise<{ files: number; bytes: number }> {
  await rm(root, { recursive: true, force: true });
  let bytes = 0;
  const small = Math.round(SMALL_FILES * scale);
  for (let number = 0; number < small; number++) {
    const folder = join(root, "small", String(Math.floor(number / PER_FOLDER)));
    if (number % PER_FOLDER === 0) await mkdir(folder, { recursive: true });
    const size = SMALLEST_BYTES + ((number * 7_919) % (MOST_SMALL_BYTES - SMALLEST_BYTES)); // spread evenly, by a prime
    await writeFile(join(folder, `${number}.bin`), Buffer.concat([...seededBytes(`small ${number}`, size)]));
    bytes += size;
  }
  await mkdir(join(root, "big"), { recursive: true });
  for (let number = 0; number < BIG_FILES; number++) {
    const size = Math.round(BIG_BYTES * scale);
    const file = await open(join(root, "big", `${number}.bin`), "w");
    for (const chunk of seededBytes(`big ${number}`, size)) await file.write(chunk);
    await file.close();
    bytes += size;
  }
  return { files: small + BIG_FILES, bytes };
}
