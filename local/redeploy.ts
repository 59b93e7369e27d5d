import { asRoot } from "./as-root.ts";
import { narrateTo } from "./narrate.ts";
import { deployStage } from "./stage.ts";

/** After a change: the stage stays up, the functions and the worker's image become those of the checkout. */
await asRoot();
await deployStage({ narrate: narrateTo(process.stdout) });
