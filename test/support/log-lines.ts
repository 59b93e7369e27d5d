import { vi } from "vitest";
import { z } from "zod";

const Line = z.record(z.string(), z.unknown());

/** What is written to both outputs while `work` goes on, as CloudWatch Logs would get it: one JSON object a line. */
export async function logLines(work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const written: string[] = [];
  const spies = [process.stdout, process.stderr].map((output) =>
    vi.spyOn(output, "write").mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    }),
  );
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const lines = written.join("").split("\n").filter(Boolean);
  return lines.map((line) => Line.parse(JSON.parse(line)));
}
