import { parseArgs } from "node:util";
import colors from "picocolors";
import { asRoot } from "../as-root.ts";
import { narrateTo } from "../narrate.ts";
import { startStage, stopStage } from "../stage.ts";
import { stageClient } from "../stage-client.ts";
import { stageFiles } from "../stage-layout.ts";
import { tellStory } from "./story.ts";
import { verdict } from "./verdict.ts";
import { tellYear } from "./year/story.ts";

const { values } = parseArgs({
  options: { keep: { type: "boolean", default: false }, story: { type: "string", default: "restore" } },
});
if (values.story !== "restore" && values.story !== "year")
  throw new Error(`there is no story "${values.story}"; there are restore and year`);
await asRoot();
const out = process.stdout;
const narrate = narrateTo(out);
const begun = performance.now();
const show = (text: string) => void out.write(`${text.replace(/^/gm, "      ")}\n`);

try {
  out.write(
    colors.bold(
      values.story === "year"
        ? "\nholdfast: a year of nightly backups; only the clock and what is dumped are made up\n\n"
        : "\nholdfast: a PostgreSQL, a Redis and a tree of files are protected, broken and restored, all real, on this machine\n\n",
    ),
  );
  const stage = await startStage({ narrate });
  const client = stageClient(stage);
  if (values.story === "year") await tellYear(stage, client, narrate, show);
  else out.write(`\n${verdict(await tellStory(stage, client, narrate, show))}\n`);
  if (values.keep)
    out.write(
      `\nThe stage stays up. Look at ${stage.sink}/messages, ${stage.endpoint}, and ${stageFiles.localStage}.\nnpm run local:down ends it.\n`,
    );
  else await stopStage({ narrate });
  out.write(colors.dim(`\n${((performance.now() - begun) / 1000).toFixed(0)} s in all.\n`));
} catch (error) {
  process.stderr.write(
    `\n${colors.red("The demo failed.")} ${error instanceof Error ? error.message : String(error)}\nLogs are in ${stageFiles.logs}.\n`,
  );
  if (!values.keep) await stopStage();
  process.exitCode = 1;
}
process.exit();
