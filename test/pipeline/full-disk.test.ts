import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { survey } from "#engines/files/survey.ts";
import { spoolRdb } from "#engines/redis/spool.ts";
import { pipelineWorld, shell } from "./pipeline-world.ts";

/** A file system of 2 MB, mounted beside the scratch volume for these tests. */
const TIGHT = "/tight";
const escrow = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n";
const before = process.env["TMPDIR"];
beforeEach(() => {
  process.env["TMPDIR"] = TIGHT;
});
afterEach(() => {
  process.env["TMPDIR"] = before;
  for (const entry of readdirSync(TIGHT)) rmSync(join(TIGHT, entry), { recursive: true, force: true });
});

it.each([
  ["with", escrow],
  ["without", undefined],
])(
  "U11 stores nothing, and says why, when what gpg needs for a moment, %s an escrow key, does not fit on the disk",
  async (_, key) => {
    const world = pipelineWorld();
    fill();

    const storing = world.store(world.stream(shell("seq 1 3000000")), key === undefined ? {} : { escrow: key });

    await expect(storing).rejects.toThrow(/ENOSPC|No space left on device/);
    expect(world.seen).toEqual({ aborted: 1, completed: 0 });
    expect(world.objects.size).toBe(0);
  },
);

it("U11 fails to read a Redis back, and does not call it wrong, when its RDB does not fit on the disk", async () => {
  const rdb = async function* () {
    for (let sent = 0; sent < 4_000_000; sent += 65_536) yield Buffer.alloc(65_536, "REDIS");
  };

  await expect(spoolRdb(rdb(), join(TIGHT, "captured.rdb"))).rejects.toThrow("ENOSPC");
});

it("U11 lists no tree when the list does not fit on the disk, which would leave files out", async () => {
  mkdirSync(join(TIGHT, "tree"));
  for (let file = 0; file < 100; file++) writeFileSync(join(TIGHT, "tree", `${file}-${"x".repeat(200)}`), "");
  fill();

  await expect(survey(Buffer.from(join(TIGHT, "tree")), { list: join(TIGHT, "captured.list") })).rejects.toThrow(
    "ENOSPC",
  );
});

function fill(): void {
  try {
    writeFileSync(join(TIGHT, "all-of-it"), Buffer.alloc(3 * 2 ** 20));
  } catch (error) {
    if (!String(error).includes("ENOSPC")) throw error;
  }
}
