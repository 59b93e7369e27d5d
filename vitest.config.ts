import { defineConfig } from "vitest/config";

/** `unit` runs anywhere, `tools` inside the worker's image, `stage` against a local stage that `test/run.ts` has started. */
export default defineConfig({
  cacheDir: process.env["VITEST_CACHE"] ?? "node_modules/.vite",
  test: {
    globalSetup: "test/suite/scratch.ts",
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/{domain,app,statemachines,architecture,local}/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      { test: { name: "security", include: ["test/security/**/*.test.ts"], testTimeout: 120_000 } },
      { test: { name: "template", include: ["test/template/**/*.test.ts"] } },
      {
        test: {
          name: "tools",
          include: ["test/{pipeline,engines}/**/*.test.ts"],
          exclude: ["test/engines/files/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "files",
          include: ["test/engines/files/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "stage",
          include: ["test/stage/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
