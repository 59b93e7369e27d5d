import { readFile } from "node:fs/promises";
import type { Result } from "./vitest-project.ts";

const ROWS = 101;
const ID = /\b([SUROTXNWA]\d{1,2})\b/g;

/**
 * `faults survived N/101 (b partly, c not built)`: rows of the catalogue whose tests ran and passed, those of them that
 * docs/faults.md marks as partly, and the rest.
 */
export async function faultLine(results: Result[]): Promise<string> {
  const tests = results.flatMap(({ titles }) => titles);
  const idsIn = (text: string) => [...text.matchAll(ID)].map(([, id]) => id as string);
  const failed = new Set(tests.filter(({ passed }) => !passed).flatMap(({ title }) => idsIn(title)));
  const survived = new Set(tests.flatMap(({ title }) => idsIn(title)).filter((id) => !failed.has(id)));
  const document = await readFile("docs/faults.md", "utf8").catch(() => "");
  const documented = new Map(
    [...document.matchAll(/^\| ([A-Z]\d{1,2}) *\|(.*)$/gm)].map(([, id = "", row = ""]) => [id, row]),
  );
  const counted = [...documented.keys()].filter((id) => survived.has(id));
  const partly = counted.filter((id) => /\bpartly\b/.test(documented.get(id) ?? ""));
  return `faults survived ${counted.length}/${ROWS} (${partly.length} partly, ${ROWS - documented.size} not built)`;
}
