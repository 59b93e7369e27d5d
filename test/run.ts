import colors from "picocolors";
import { asRoot } from "../local/as-root.ts";
import { ensureCertificates } from "../local/certificates.ts";
import { configureContainerEngine } from "../local/container-engine.ts";
import { ensureEscrowKeys } from "../local/escrow.ts";
import { ensureStageImages, ensureStockToolsImage } from "../local/images/images.ts";
import { narrateTo } from "../local/narrate.ts";
import { startStage, stopStage } from "../local/stage.ts";
import { makeStageFolders } from "../local/stage-layout.ts";
import { auditDependencies } from "./suite/audit.ts";
import { faultLine } from "./suite/fault-line.ts";
import { ensureGitleaks } from "./suite/gitleaks.ts";
import { staticChecks } from "./suite/steps.ts";
import { lintTemplate } from "./suite/template.ts";
import { runFilesProject, runToolsProject } from "./suite/tools-project.ts";
import { type Result, runProject } from "./suite/vitest-project.ts";

await asRoot();

/** `npm test`: everything that CI runs. Each part runs whatever came of the others, and everything that failed is named. */
const narrate = narrateTo(process.stdout);
const begun = performance.now();
const problems: string[] = [];
const notChecked: string[] = [];
const results: Result[] = [];
const heading = (text: string) => process.stdout.write(`\n${colors.bold(text)}\n`);
const part = async (title: string, work: () => Promise<unknown>) => {
  await narrate(title, work).catch((error: Error) => problems.push(`${title}: ${error.message}`));
};
const tests = async (title: string, work: () => Promise<Result>) => {
  heading(title);
  const result = await work().catch((error: Error) => {
    problems.push(`${title}: ${error.message}`);
    return { passed: 0, failed: 0, titles: [] };
  });
  results.push(result);
};

heading("Static checks");
for (const { title, work } of staticChecks) await part(title, work);
await part("known holes in dependencies", async () => {
  const audit = await auditDependencies();
  if (audit.notChecked) notChecked.push(audit.notChecked);
});
await tests("Unit tests", () => runProject("unit"));

heading("Images");
await makeStageFolders();
await configureContainerEngine();
const images = await narrate("images", () => ensureStageImages(narrate));
await narrate("image of stock tools", () => ensureStockToolsImage(narrate));
await narrate("escrow keys and certificates of the local plan", () =>
  Promise.all([ensureEscrowKeys(images.worker), ensureCertificates(images.worker)]),
); // a plan without them is refused
await part("the packaged template and the machines lint", lintTemplate);
await part("secret scanner, built from source", ensureGitleaks);
await tests("Secrets in the repository", () => runProject("security"));
await tests("The packaged template", () => runProject("template"));
await tests("Pipeline and engines, with the worker's tools and real servers", () => runToolsProject(images));
await tests("The files engine, as its tasks run", () => runFilesProject(images));

heading("The local stage");
try {
  await startStage({ narrate });
  await tests("The whole stage", () => runProject("stage"));
} catch (error) {
  problems.push(`local stage: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  await part("stop the stage", () => stopStage());
}

const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0) + problems.length;
heading("Result");
for (const what of notChecked) process.stdout.write(`${colors.yellow("not checked:")} ${what}\n`);
for (const problem of problems) process.stdout.write(`${colors.red("✗")} ${problem}\n`);
process.stdout.write(
  `${await faultLine(results)}\n${((performance.now() - begun) / 60_000).toFixed(1)} min\n\n${passed} passed, ${failed} failed\n`,
);
process.exit(failed === 0 ? 0 : 1);
