import { join } from "node:path";
import { execa } from "execa";

/** `npm run bench -- <which> …`: one of the benches, with its options; without a name all of them, one after the other. */
const programs: Record<string, string[]> = {
  capture: ["run.ts", "capture"],
  restore: ["run.ts", "restore"],
  files: ["files/run.ts"],
  catalog: ["catalog/run.ts"],
  memory: ["memory/run.ts"],
};
const [which, ...options] = process.argv.slice(2);
if (which !== undefined && !Object.hasOwn(programs, which))
  throw new Error(`there is no bench "${which}"; there are ${Object.keys(programs).join(", ")}`);
for (const [program = "", ...fixed] of which === undefined ? Object.values(programs) : [programs[which] ?? []]) {
  const argv = [join(import.meta.dirname, program), ...fixed, ...options];
  const { exitCode } = await execa(process.execPath, argv, { stdio: "inherit", reject: false }); // it has said why
  process.exitCode ||= exitCode ?? 1;
}
