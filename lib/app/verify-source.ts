import { describeError } from "#domain/errors.ts";
import type { Verified } from "#domain/outcome.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import type { DataKeys } from "#ports/keys.ts";
import type { Sealing } from "#ports/sealing.ts";
import { engineOf } from "./capture-source.ts";
import type { CatalogPorts } from "./catalog.ts";
import { findPoint, openPoint } from "./open-point.ts";
import { reportProgress } from "./report-progress.ts";

type Ports = CatalogPorts & { engines: Record<string, Engine>; keys: DataKeys; sealing: Sealing };

/** Wrong on every try, whoever reads it: quarantine. What could not be read is thrown, and tried again. */
const WRONG = ["ChecksumMismatch", "ArtifactMissing", "WrongKey", "FormatIncomplete", "ManifestInvalid"];

/** Reads one point back to its last byte: hashes, decryption, decompression, and the engine's own parse of the format. */
export const verifySource =
  (ports: Ports) =>
  async (
    input: TaskInputOf<"verify">,
    tools: EngineTools,
  ): Promise<Pick<Verified, "facts" | "quarantine" | "bytesRead">> => {
    const point = await findPoint(ports, input.backupId, input.source);
    const { artifacts, facts } = point.component;
    let bytesRead = 0;
    try {
      const { open, count } = await openPoint(ports, point, tools.signal);
      const meter = { bytes: () => count.bytes, totalBytes: point.component.size };
      const progress = reportProgress(tools.log, `verify ${input.source}`, meter);
      const result = await engineOf(ports.engines, point.component.engine)
        .verify({ ...tools, open }, { artifacts, ...(facts ? { facts } : {}) })
        .finally(progress.stop);
      bytesRead = count.bytes;
      return { quarantine: result.wrong, bytesRead, ...(result.facts ? { facts: result.facts } : {}) };
    } catch (error) {
      const { name, message } = describeError(error);
      if (!WRONG.includes(name)) throw error;
      return { quarantine: [`${name}: ${message}`], bytesRead };
    }
  };
