import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What tests leave in the temporary folder goes when they have ended. */
export default function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-tests-"));
  process.env["TMPDIR"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
