import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { readPlan } from "#adapters/plan-file.ts";
import { PlanInvalid } from "#domain/errors.ts";
import { engineSections } from "#engines/descriptions.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/** The local plan in a folder of its own, with this beside it. */
function folderWith(certificate?: string): string {
  const root = mkdtempSync(join(tmpdir(), "plan-"));
  mkdirSync(join(root, "config/certificates"), { recursive: true });
  writeFileSync(join(root, "config/local.yml"), readFileSync("config/local.yml"));
  if (certificate !== undefined) writeFileSync(join(root, "config/certificates/local.pem"), certificate);
  return root;
}

it("puts the certificates of a named file into the plan, for every source and target", () => {
  const { sources, targets } = readPlan(folderWith(PEM), "local", engineSections);

  const Verified = z.looseObject({ connection: z.looseObject({ tls: z.object({ ca: z.literal(PEM) }) }) });
  for (const section of [sources["app-db"], targets["app-db-live"], targets["staging-db"]])
    expect(Verified.safeParse(section).success).toBe(true);
});

it("refuses a plan whose certificates are not there, or are none, and says where it names them", () => {
  const refused = (root: string) => {
    try {
      readPlan(root, "local", engineSections);
      return "taken";
    } catch (error) {
      return error instanceof PlanInvalid ? error.message : String(error);
    }
  };

  const missing = refused(folderWith());
  expect(missing).toContain("sources.app-db.connection.tls.ca: config/certificates/local.pem can't be read");
  expect(missing).toContain("targets.staging-db.connection.tls.ca: ");
  expect(refused(folderWith("a key, perhaps"))).toContain("sources.app-db.connection.tls");
});
