import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { commitBackup } from "#app/commit-backup.ts";
import { InputInvalid, ManifestInvalid, PlanInvalid } from "#domain/errors.ts";
import { Evidence } from "#domain/evidence.ts";
import { parseJson, parseManifest } from "#domain/manifest.ts";
import { parsePlan } from "#domain/parse-plan.ts";
import { VerifiedProof } from "#domain/proof.ts";
import { engineSections } from "#engines/descriptions.ts";
import * as backups from "#events/backup-requested.ts";
import * as byHand from "#events/by-hand.ts";
import * as copies from "#events/copy-requested.ts";
import * as drops from "#events/drop-requested.ts";
import * as envelopes from "#events/envelopes.ts";
import * as escalation from "#events/escalation-state.ts";
import * as happenings from "#events/happenings.ts";
import * as restores from "#events/restore-requested.ts";
import * as retention from "#events/retention-requested.ts";
import * as verifications from "#events/verify-requested.ts";
import { aBackup, capture, layout, memoryWorld } from "../support/memory-world.ts";
import { FUZZ_RUNS, nearly } from "../support/mutations.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const options = { numRuns: FUZZ_RUNS };
vi.setConfig({ testTimeout: 40_000 + FUZZ_RUNS * 10 });

afterEach(() => {
  expect("isPolluted" in {}).toBe(false);
  expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(12);
});

describe("N3 whatever is given to it,", () => {
  it("a manifest is read or refused with ManifestInvalid", async () => {
    const world = memoryWorld();
    const captures = [capture(world, "app-db"), capture(world, "sessions")];
    await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db", "sessions"], captures });
    const good = new TextDecoder().decode(world.objects.get(layout.manifest(aBackup)));
    const input = fc.oneof(nearly([good]).map(bytesOf), fc.json().map(bytesOf), fc.uint8Array());

    fc.assert(
      fc.property(input, (bytes) => isReadOr(ManifestInvalid, () => parseManifest(bytes))),
      options,
    );
  });

  it("a record of the repository is read or refused with ManifestInvalid", () => {
    const proof = {
      schema: 1,
      backupId: aBackup,
      source: "app-db",
      manifestSha256: "0",
      verifiedAt: "2026-02-23T13:42:07Z",
    };
    const texts = [{ ...proof, bytesRead: 1, facts: { rows: { orders: 1 } } }].map((one) => JSON.stringify(one));

    fc.assert(
      fc.property(nearly(texts).map(bytesOf), fc.constantFrom<z.ZodType>(VerifiedProof, Evidence), (bytes, schema) =>
        isReadOr(ManifestInvalid, () => parseJson(bytes, schema, "record")),
      ),
      options,
    );
  });

  it("a plan is read or refused with PlanInvalid", () => {
    const files = ["config/local.yml", ...readdirSync("config/examples").map((file) => `config/examples/${file}`)];
    const texts = files
      .filter((file) => file.endsWith(".yml"))
      .map((file) => JSON.stringify(parse(readFileSync(file, "utf8"))));

    fc.assert(
      fc.property(fc.oneof(nearly(texts), fc.json()), (text) =>
        isReadOr(PlanInvalid, () => parsePlan(JSON.parse(text), engineSections)),
      ),
      { ...options, numRuns: FUZZ_RUNS / 50 }, // a plan takes as long as fifty manifests
    );
  });

  it("an event or an invocation is taken or refused by its contract, with a path for each problem", () => {
    const modules = [
      backups,
      byHand,
      copies,
      drops,
      envelopes,
      escalation,
      happenings,
      restores,
      retention,
      verifications,
    ];
    const contracts = modules
      .flatMap((module) => Object.values(module))
      .filter((one) => one instanceof z.ZodType)
      .concat(
        z
          .discriminatedUnion("detail-type", [envelopes.ObjectCreated, envelopes.ObjectDeleted])
          .transform((event) => envelopes.changeOf(event).at.toISOString()),
        happenings.Happened.transform(happenings.happeningOf),
      );
    const samples = readdirSync("events/samples").map((file) => readFileSync(`events/samples/${file}`, "utf8"));
    const taken = contracts.map((contract) => ({
      contract,
      texts: samples.filter((text) => contract.safeParse(JSON.parse(text)).success),
    }));
    const input = fc
      .constantFrom(...taken.filter(({ texts }) => texts.length > 0))
      .chain(({ contract, texts }) => nearly(texts).map((text) => ({ contract, text })));

    fc.assert(
      fc.property(input, ({ contract, text }) => {
        isReadOr(InputInvalid, () => {
          const { error } = contract.safeParse(JSON.parse(text));
          if (error) throw new InputInvalid(z.prettifyError(error));
        });
      }),
      options,
    );
    expect(contracts.length).toBeGreaterThan(30);
  });
});

function isReadOr(refusal: new (message: string) => Error, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(refusal);
    expect((error as Error).message).not.toBe("");
  }
}
