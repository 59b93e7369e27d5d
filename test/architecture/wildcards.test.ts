import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const files = [
  "serverless.yml",
  ...readdirSync("infra", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yml"))
    .map((file) => join("infra", file)),
  ...readdirSync("functions")
    .filter((name) => !name.includes("."))
    .map((name) => join("functions", name, "function.yml")),
  "statemachines/statemachines.yml",
];

it.each(files)("every * in a policy of %s has its reason beside it", (file) => {
  const lines = readFileSync(file, "utf8").split("\n");
  const unexplained = lines.filter(
    (line, index) =>
      /(Action|Resource|Principal):? *(\[?"(\w+:)?\*"|\{ AWS: "\*")/.test(line) &&
      !/#/.test(line) &&
      !/#/.test(lines[index + 1] ?? "") &&
      !/#/.test(lines[index - 1] ?? ""),
  );
  expect(unexplained).toEqual([]);
});
