import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { describeError, PlanInvalid } from "#domain/errors.ts";
import { parsePlan } from "#domain/parse-plan.ts";
import { CERTIFICATE_FILE, type EngineSections, type Plan } from "#domain/plan.ts";

/** `config/<stage>.yml` below `root`. Throws `PlanInvalid` with every problem. */
export function readPlan(root: string, stage: string, engines: EngineSections): Plan {
  const file = join(root, "config", `${stage}.yml`);
  let value: unknown;
  try {
    value = parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new PlanInvalid(`${file} can't be read: ${describeError(cause).message}`, { cause });
  }
  return parsePlan(withCertificates(root, value), engines);
}

/** The same plan with the content of each certificate file in the place of its name. */
function withCertificates(root: string, value: unknown): unknown {
  const missing: string[] = [];
  const read = (path: string[], one: unknown): unknown => {
    if (typeof one === "string" && CERTIFICATE_FILE.test(one)) {
      try {
        return readFileSync(join(root, one), "utf8");
      } catch {
        missing.push(`${path.join(".")}: ${one} can't be read`);
      }
    }
    if (Array.isArray(one)) return one.map((item, index) => read([...path, String(index)], item));
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, read([...path, key], item)]));
  };
  const complete = read([], value);
  if (missing.length > 0) throw new PlanInvalid(missing.join("\n"));
  return complete;
}

/** The escrow public key that the plan names, relative to `root`; null where the plan says why there is none. */
export function readEscrow(root: string, { encryption }: Plan): string | null {
  if (encryption.escrow === "none") return null;
  const file = encryption.escrow.publicKeyFile;
  try {
    const key = readFileSync(join(root, file), "utf8");
    if (key.includes("BEGIN PGP PUBLIC KEY BLOCK")) return key;
  } catch (cause) {
    throw new PlanInvalid(`encryption.escrow.publicKeyFile: ${file} can't be read`, { cause });
  }
  throw new PlanInvalid(`encryption.escrow.publicKeyFile: ${file} is no armored OpenPGP public key`);
}
