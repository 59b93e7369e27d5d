import { createHash } from "node:crypto";

const BLOCK = 4_096;
const ZEROS = Buffer.alloc(BLOCK);

/**
 * A digest of a file's content that is the same whether its zeros are stored or are a hole, and passes over holes in no
 * time: the blocks that hold anything are hashed, and where they lie.
 */
export class ContentDigest {
  readonly #data = createHash("sha256");
  readonly #gaps = createHash("sha256");
  readonly #part = Buffer.alloc(BLOCK);
  #partAt: number | undefined;
  #expected = 0;

  /** In ascending order. */
  write(offset: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const within = (offset + at) % BLOCK;
      const whole = within === 0 ? bytes.length - at - ((bytes.length - at) % BLOCK) : 0;
      if (whole > 0) {
        this.#closePart();
        this.#blocks(offset + at, bytes.subarray(at, at + whole));
        at += whole;
        continue;
      }
      const start = offset + at - within;
      if (start !== this.#partAt) this.#closePart();
      this.#partAt = start;
      const taken = bytes.copy(this.#part, within, at);
      at += taken;
    }
  }

  digest(): Buffer {
    this.#closePart();
    return createHash("sha256").update(this.#data.digest()).update(this.#gaps.digest()).digest();
  }

  #closePart(): void {
    if (this.#partAt === undefined) return;
    this.#blocks(this.#partAt, this.#part);
    this.#part.fill(0);
    this.#partAt = undefined;
  }

  #blocks(offset: number, bytes: Buffer): void {
    let from = 0;
    for (let at = 0; at < bytes.length; at += BLOCK) {
      if (bytes[at] !== 0 || bytes.compare(ZEROS, 0, BLOCK, at, at + BLOCK) !== 0) continue;
      this.#run(offset + from, bytes.subarray(from, at));
      from = at + BLOCK;
    }
    this.#run(offset + from, bytes.subarray(from));
  }

  #run(offset: number, bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (offset !== this.#expected) this.#gaps.update(`${this.#expected}-${offset} `);
    this.#data.update(bytes);
    this.#expected = offset + bytes.length;
  }
}
