import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { stageFiles } from "../../local/stage-layout.ts";

const MODULE = "github.com/zricethezav/gitleaks/v8@v8.30.1";

/** The pinned secret scanner. */
export const gitleaks = join(stageFiles.root, "tools/gitleaks-8.30.1");

/** Builds gitleaks with a Go toolchain that is thrown away again: registries have its sources, not its program (ADR 10). */
export async function ensureGitleaks(): Promise<void> {
  if (existsSync(gitleaks)) return;
  const build = join(stageFiles.build, "gitleaks");
  await rm(build, { recursive: true, force: true });
  await mkdir(join(stageFiles.root, "tools"), { recursive: true });
  const requirements = join(import.meta.dirname, "go-toolchain.txt");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"];
  await execa(stageFiles.venvPython, [...pip, "--require-hashes", "--target", build, "--requirement", requirements]);
  await execa(join(build, "go/bin/go"), ["install", MODULE], {
    env: {
      GOBIN: join(build, "bin"),
      GOPATH: join(build, "path"),
      GOCACHE: join(build, "cache"),
      GOFLAGS: "-trimpath -buildvcs=false -modcacherw",
      GOTOOLCHAIN: "local",
      GOSUMDB: "sum.golang.org", // whatever the machine says: sources are those that everybody gets
      GONOSUMDB: "",
      GOPRIVATE: "",
      CGO_ENABLED: "0",
    },
    timeout: 900_000,
  });
  await rename(join(build, "bin/gitleaks"), gitleaks);
  await rm(build, { recursive: true, force: true });
}
