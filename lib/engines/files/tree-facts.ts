import { createHash } from "node:crypto";
import type { Facts } from "#domain/facts.ts";
import type { TarEntry, TarKind } from "./tar-header.ts";

const NOTHING = { files: 0, folders: 0, symlinks: 0, hardLinks: 0, fifos: 0, devices: 0, bytes: 0 };
const COUNTED: Record<TarKind, keyof typeof NOTHING> = {
  file: "files",
  directory: "folders",
  symlink: "symlinks",
  hardLink: "hardLinks",
  fifo: "fifos",
  character: "devices",
  block: "devices",
};

/**
 * What is compared of a tree: counts, bytes and a digest over everything that is restored of every entry. The digest is the
 * sum of those of the entries, so the order in which they come does not matter; it finds mistakes, and not forgeries, which
 * the signed manifest's hash of the whole artifact does.
 */
export class TreeFacts {
  readonly #counts = { ...NOTHING };
  #sum = 0n;

  add(entry: TarEntry, content: Buffer): void {
    const { path, kind, mode, uid, gid, bytes, modified, target, device, attributes } = entry;
    const all = [path, kind, mode, uid, gid, bytes, modified, target, device, attributes, content.toString("hex")];
    const digest = createHash("sha256").update(JSON.stringify(all), "latin1").digest("hex");
    this.#sum = BigInt.asUintN(256, this.#sum + BigInt(`0x${digest}`));
    this.#counts[COUNTED[kind]]++;
    if (kind === "file") this.#counts.bytes += bytes;
  }

  facts(): Facts {
    return { ...this.#counts, sha256: this.#sum.toString(16).padStart(64, "0") };
  }
}
