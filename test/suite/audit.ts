import { execa } from "execa";
import { z } from "zod";
import { repositoryRoot } from "../../local/stage-layout.ts";

const Report = z.object({
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string() })),
  metadata: z.object({ dependencies: z.object({ prod: z.number().min(1) }) }),
});
const NoEndpoint = z.object({ statusCode: z.union([z.literal(404), z.literal(405), z.literal(501)]) });

/**
 * Known holes in production dependencies. `notChecked` says why nothing could be said, where the registry offers no audit.
 * @throws with every hole of high or critical severity, or with what npm said when it could not ask
 */
export async function auditDependencies(): Promise<{ notChecked?: string }> {
  const { stdout, all } = await execa("npm", ["audit", "--omit=dev", "--json"], {
    cwd: repositoryRoot,
    all: true,
    reject: false,
    timeout: 120_000,
  });
  return judgeAudit(stdout, all);
}

/** @throws as `auditDependencies` */
export function judgeAudit(answer: string, said: string): { notChecked?: string } {
  const json = parse(answer);
  if (NoEndpoint.safeParse(json).success)
    return { notChecked: "npm audit: this machine's registry has no audit endpoint" };
  const report = Report.safeParse(json);
  if (!report.success) throw new Error(`npm audit gave no report:\n${said}`);
  const holes = Object.entries(report.data.vulnerabilities).filter(([, { severity }]) =>
    /high|critical/.test(severity),
  );
  if (holes.length > 0)
    throw new Error(
      `npm audit:\n${holes.map(([name, { severity, range }]) => `${name} ${range}: ${severity}`).join("\n")}`,
    );
  return {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
