import colors from "picocolors";
import { asRoot } from "./as-root.ts";
import { narrateTo } from "./narrate.ts";
import { stopStage } from "./stage.ts";

await asRoot();
try {
  await stopStage({ narrate: narrateTo(process.stdout) });
  process.stdout.write("\nThe local stage is down. Images and secrets stay for the next time.\n");
} catch (error) {
  process.stderr.write(
    `\n${colors.red("The local stage is not down.")} ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
