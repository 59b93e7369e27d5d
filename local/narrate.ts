import { performance } from "node:perf_hooks";
import colors from "picocolors";

/** Does a step and tells of it: its title, and when it is done, how long it took. Steps may run in parallel. */
export type Narrate = <Result>(title: string, work: () => Promise<Result>) => Promise<Result>;

const titleWidth = 48;
const slowAfterMs = 4_000;

/** For people: a line when a step is done, and one before it when it takes long. Reads well without a terminal, too. */
export function narrateTo(output: NodeJS.WritableStream): Narrate {
  const line = (mark: string, title: string, took = "") =>
    output.write(`  ${mark} ${title.padEnd(titleWidth)}${took}`.trimEnd().concat("\n"));
  return async (title, work) => {
    const startedAt = performance.now();
    const took = () => colors.dim(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(8)} s`);
    const slow = setTimeout(() => line(colors.dim("…"), title), slowAfterMs);
    try {
      const result = await work();
      line(colors.green("✓"), title, took());
      return result;
    } catch (error) {
      line(colors.red("✗"), title, took());
      throw error;
    } finally {
      clearTimeout(slow);
    }
  };
}

/** For tests: does the work and says nothing. */
export const narrateNothing: Narrate = (_title, work) => work();
