import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What tests leave in the temporary folder goes when they have ended. */
export default function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-tests-"));
  chmodSync(folder, 0o1777); // as the one it stands for: some tests are another user for a while
  process.env["TMPDIR"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
