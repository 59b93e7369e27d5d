import { narrateTo } from "../local/narrate.ts";
import { staticChecks } from "./suite/steps.ts";
import { runProject } from "./suite/vitest-project.ts";

/** `npm run check`: the quick part, before each commit. */
const narrate = narrateTo(process.stdout);
const problems: string[] = [];
await Promise.all(
  staticChecks.map(({ title, work }) => narrate(title, work).catch((error: Error) => problems.push(error.message))),
);
const { passed, failed } = await runProject("unit");
process.stdout.write(
  `${problems.map((problem) => `\n${problem}\n`).join("")}\n${passed} passed, ${failed + problems.length} failed\n`,
);
process.exitCode = failed + problems.length === 0 ? 0 : 1;
