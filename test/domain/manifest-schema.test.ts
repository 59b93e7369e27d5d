import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { Manifest } from "#domain/manifest.ts";

const file = "docs/reference/manifest.schema.json";

it(`publishes in ${file} the schema that manifests are read with (npm run schemas writes it anew)`, () => {
  const schema = { title: "manifest.json of a holdfast backup", ...z.toJSONSchema(Manifest) };
  if (process.env["WRITE_SCHEMA"] === "1") writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);

  const published: unknown = JSON.parse(readFileSync(file, "utf8"));

  expect(published).toEqual(JSON.parse(JSON.stringify(schema)));
});
