import type { Artifact } from "#domain/artifact.ts";
import { AlreadyCommitted } from "#domain/errors.ts";
import type { Captured } from "#domain/outcome.ts";
import { bytesPerSecond } from "#domain/pipeline-options.ts";
import { keyIdOf, type RepositoryLayout } from "#domain/repository-layout.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import type { DataKeys } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Repository, Uploads } from "#ports/repository.ts";
import type { Sealing } from "#ports/sealing.ts";
import { limitBandwidth } from "./limit-bandwidth.ts";
import { storeArtifact } from "./store-artifact.ts";

type Ports = {
  engines: Record<string, Engine>;
  repository: Repository;
  layout: RepositoryLayout;
  uploads: Uploads;
  sealing: Sealing;
  keys: DataKeys;
  clock: Clock;
};

/** Captures one source whole: every stream of its engine is stored under a data key of this attempt, or it throws. */
export const captureSource =
  ({ engines, repository, layout, uploads, sealing, keys, clock }: Ports) =>
  async (
    input: TaskInputOf<"capture">,
    attempt: number,
    tools: EngineTools,
  ): Promise<Omit<Captured, "succeeded" | "task" | "attempt" | "finishedAt">> => {
    const engine = engineOf(engines, input.engine);
    const section = engine.section.source.parse(input.section);
    const startedAt = clock().toISOString();
    const { backupId, source } = input;
    const keyId = keyIdOf(backupId, source, attempt);
    const { passphrase, wrappedKey } = await keys.generate({ backupId, source });
    // before any artifact: what is stored can always be opened
    if ((await repository.create(layout.wrappedKey(keyId, 1), JSON.stringify(wrappedKey))) === "exists")
      throw new AlreadyCommitted(`${keyId}: this attempt has a data key already, so another task is running as it`);
    const { compression, bandwidthLimit } = input.pipeline;
    const limit = limitBandwidth(bandwidthLimit === undefined ? undefined : bytesPerSecond(bandwidthLimit));
    const store = storeArtifact({ uploads, sealing, log: tools.log, compression, limit });
    const artifacts: Artifact[] = [];
    let number = 0;
    const { recoveredTo, toolVersions, facts, limits } = await engine.capture(
      {
        ...tools,
        store: async (stream) => {
          const key = layout.artifact(backupId, source, attempt, ++number, stream.kind);
          artifacts.push(await store(stream, key, { passphrase, escrow: input.escrow ?? undefined }, tools.signal));
        },
      },
      section,
    );
    return {
      engine: engine.id,
      recoveredTo: recoveredTo.toISOString(),
      startedAt,
      keyId,
      artifacts: artifacts.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
      toolVersions,
      ...(facts ? { facts } : {}),
      limits,
    };
  };

export function engineOf(engines: Record<string, Engine>, id: string): Engine {
  const engine = engines[id];
  if (!engine) throw new Error(`There is no engine "${id}"`);
  return engine;
}
