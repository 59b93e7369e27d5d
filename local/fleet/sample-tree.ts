import { createHash } from "node:crypto";
import {
  chmod,
  chown,
  copyFile,
  link,
  lutimes,
  mkdir,
  open,
  readdir,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { stageFiles } from "../stage-layout.ts";

/** The secret in the sample tree's `.env`: in no log and in no stored byte. */
export const sampleTreeSecret = createHash("sha256").update("holdfast sample tree").digest("base64url");

const PEOPLE = 24;
const DOCUMENTS_EACH = 19;
const SPARSE_BYTES = 64 * 1024 * 1024;
const MOST_BYTES_OF_A_DOCUMENT = 80_000;
const OWNERS = [1001, 1002, 65_534] as const;
const MODES = [0o644, 0o640, 0o600, 0o664] as const;
const WRITTEN = Date.UTC(2026, 0, 5, 9, 30) / 1000;

/** Makes the sample tree at `root`, which must not be there: the same each time, to the byte and to the second. */
export async function makeSampleTree(root: string): Promise<void> {
  await mkdir(root);
  for (let person = 0; person < PEOPLE; person++) {
    const folder = join(root, "resumes", `2026-${String((person % 12) + 1).padStart(2, "0")}`, `person-${person}`);
    await mkdir(folder, { recursive: true });
    await Promise.all(Array.from({ length: DOCUMENTS_EACH }, (_, number) => document(folder, person, number)));
  }
  await oddThings(root);
  await setTimes(Buffer.from(root));
}

async function document(folder: string, person: number, number: number): Promise<void> {
  const seed = `${person}/${number}`;
  const random = createHash("sha256").update(seed).digest();
  const bytes = number === 0 ? 0 : random.readUInt32LE(0) % MOST_BYTES_OF_A_DOCUMENT;
  const file = join(folder, `cv-${number}.pdf`);
  await writeFile(file, contentOf(seed, bytes));
  await chown(file, OWNERS[person % OWNERS.length] ?? 0, OWNERS[number % OWNERS.length] ?? 0);
  await chmod(file, MODES[number % MODES.length] ?? 0o644);
}

/** Bytes that look like those of a document: they hardly compress. */
function contentOf(seed: string, bytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, at) =>
    createHash("sha256").update(`${seed}#${at}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}

/** What trees of real applications have, and what breaks tools that were not made for it. */
async function oddThings(root: string): Promise<void> {
  const odd = join(root, "odd names");
  await mkdir(odd);
  const names = [
    "--force",
    "-rf *",
    "two\nlines",
    "tab\there",
    "' quotes \" and `ticks`",
    " ends in a blank ",
    "Ångström ✓ 🗂",
    "…".repeat(80),
    "\\backslash\\",
    "$(reboot)",
  ].map((name) => Buffer.from(name));
  for (const [index, name] of [...names, Buffer.from([0xff, 0xfe, 0x41])].entries())
    await writeFile(Buffer.concat([Buffer.from(`${odd}/`), name]), `odd ${index}\n`);
  await writeFile(join(root, ".env"), `SESSION_SECRET=${sampleTreeSecret}\n`, { mode: 0o600 });
  await writeFile(join(root, "half-uploaded.zip.part"), contentOf("part", 50_000)); // the plan leaves it out
  await mkdir(join(root, "tls"), { mode: 0o750 });
  await copyFile(join(import.meta.dirname, "sample-certificate.pem"), join(root, "tls/fullchain.pem"));
  await mkdir(join(root, "empty folder"), { mode: 0o2775 });
  await execa("mkfifo", ["--mode=620", join(root, "scanner.fifo")]);
  await link(join(root, "resumes/2026-01/person-0/cv-1.pdf"), join(root, "newest.pdf"));
  await symlink("resumes/2026-01/person-0/cv-1.pdf", join(root, "latest"));
  await symlink("/nowhere/at all", join(root, "dangling"));
  const sparse = join(root, "index.bin");
  await writeFile(sparse, "head");
  await truncate(sparse, SPARSE_BYTES);
  const file = await open(sparse, "r+");
  await file.write("middle", SPARSE_BYTES / 2);
  await file.close();
  await setAttribute(join(root, "resumes/2026-02/person-1/cv-2.pdf"));
}

/** Node has no call for it. Some file systems take none, and then the tree has none. */
async function setAttribute(file: string): Promise<void> {
  const script = "import os, sys; os.setxattr(sys.argv[1], b'user.origin', b'scanner 4')";
  await execa(stageFiles.venvPython, ["-c", script, file], { reject: false });
}

/** Folders last, since making what is in them touches them. */
async function setTimes(folder: Buffer): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: "buffer" })) {
    const path = Buffer.concat([folder, Buffer.from("/"), entry.name]);
    if (entry.isDirectory()) await setTimes(path);
    else await lutimes(path, WRITTEN, WRITTEN + entry.name.length);
  }
  await lutimes(folder, WRITTEN, WRITTEN);
}
