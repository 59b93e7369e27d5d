import { defineEngine } from "#ports/engine.ts";
import { capture } from "./capture.ts";
import { FilesRestoreOptions, filesSections } from "./config.ts";
import { dropOld } from "./drop-old.ts";
import { preflight } from "./preflight.ts";
import { restore } from "./restore.ts";
import { filesGuide } from "./restore-guide.ts";
import { rollback } from "./rollback.ts";
import { inspect } from "./target.ts";
import { verify } from "./verify.ts";

/** A tree of files below a mount: GNU tar writes it and reads it, our own reader proves what it wrote. */
export const files = defineEngine({
  id: "files",
  section: filesSections,
  restoreOptions: FilesRestoreOptions,
  traits: { swapKeepsOldState: true, needsRoot: true },
  restoreGuide: filesGuide,
  preflight,
  capture,
  verify,
  inspect,
  restore,
  rollback,
  dropOld,
});
