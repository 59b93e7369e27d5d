import colors from "picocolors";
import { asRoot } from "./as-root.ts";
import { narrateTo } from "./narrate.ts";
import { startStage } from "./stage.ts";
import { stageFiles } from "./stage-layout.ts";

await asRoot();
try {
  const stage = await startStage({ narrate: narrateTo(process.stdout) });
  process.stdout.write(`\nThe local stage is up. ${stageFiles.localStage} says where everything is.\n`);
  for (const [name, one] of Object.entries({ ...stage.sources, ...stage.targets })) {
    const where = one.engine === "files" ? one.folder : `${one.host}:${one.port}`;
    process.stdout.write(`  ${name.padEnd(15)} ${one.engine.padEnd(11)} ${where}\n`);
  }
  process.stdout.write(
    `  ${"AWS".padEnd(15)} ${"emulated".padEnd(11)} ${stage.endpoint}\n  ${"messages".padEnd(15)} ${"sink".padEnd(11)} ${stage.sink}/messages\n\nnpm run local:down ends it.\n`,
  );
} catch (error) {
  process.stderr.write(
    `\n${colors.red("The local stage did not start.")} ${error instanceof Error ? error.message : String(error)}\nLogs are in ${stageFiles.logs}.\n`,
  );
  process.exitCode = 1;
}
