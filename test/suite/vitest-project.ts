import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { repositoryRoot, stageFiles, toolPath } from "../../local/stage-layout.ts";

const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({ assertionResults: z.array(z.object({ fullName: z.string(), title: z.string(), status: z.string() })) }),
  ),
});
export type Result = { passed: number; failed: number; titles: { title: string; passed: boolean }[] };

/** Runs one project of vitest where it can be seen, and gives what came of each test. A run that left no report has failed. */
export async function runProject(
  project: string,
  start: (args: string[]) => { file: string; args: string[]; env?: Record<string, string> } = onThisMachine,
): Promise<Result> {
  const report = join(stageFiles.reports, `${project}.json`);
  await mkdir(stageFiles.reports, { recursive: true });
  await chmod(stageFiles.reports, 0o777); // for the user of the worker's image; mkdir would heed the umask
  const args = ["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { file, args: whole, env } = start(args);
  await rm(report, { force: true }); // an earlier run's, perhaps of another user
  const { exitCode } = await execa(file, whole, {
    cwd: repositoryRoot,
    env: { ...env, PATH: toolPath },
    stdio: ["ignore", "inherit", "inherit"],
    reject: false,
  });
  return readReport(report, exitCode ?? 1).catch(() => ({ passed: 0, failed: 1, titles: [] }));
}

const onThisMachine = (args: string[]) => ({ file: join(repositoryRoot, "node_modules/.bin/vitest"), args });

async function readReport(file: string, exitCode: number): Promise<Result> {
  const { numPassedTests, numFailedTests, testResults } = Report.parse(JSON.parse(await readFile(file, "utf8")));
  const titles = testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({ title: fullName, passed: status === "passed" })),
  );
  return { passed: numPassedTests, failed: Math.max(numFailedTests, exitCode === 0 ? 0 : 1), titles };
}
