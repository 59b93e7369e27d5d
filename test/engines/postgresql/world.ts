import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands as childProcesses } from "#adapters/commands/commands.ts";
import { copyTo } from "#app/copy-to.ts";
import type { Artifact } from "#domain/artifact.ts";
import { FactsDiffer } from "#domain/errors.ts";
import { compareFacts, countFacts, describeDifferences, type Facts } from "#domain/facts.ts";
import { RestoreId } from "#domain/ids.ts";
import { PostgresqlSource, PostgresqlTarget } from "#engines/postgresql/config.ts";
import { postgresql } from "#engines/postgresql/engine.ts";
import type { Command, Commands } from "#ports/commands.ts";
import type { CapturedStream, EngineTools, PointToRestore, RestoreResult } from "#ports/engine.ts";

import { server, superuser, type Who } from "./test-server.ts";

export * from "./test-server.ts";

const SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:test";

/** How a database is dumped: every test of a capture or a restore that could tell them apart runs for each. */
export const layouts = [
  { layout: "in one stream", jobs: 1, archives: ["dump"] },
  { layout: "in several streams", jobs: 3, archives: ["schema", "data-01", "data-02", "data-03"] },
] as const;

type SourceOptions = { lockTimeoutSeconds?: number; jobs?: number; splitAbove?: string };
export const sourceOf = (databases: string[], more: SourceOptions & { connection?: object } = {}) =>
  PostgresqlSource.parse({ connection: server, secret: SECRET, databases, splitAbove: "0MiB", jobs: 1, ...more });
export const target = PostgresqlTarget.parse({ connection: server, secret: SECRET });

const home = mkdtempSync(join(tmpdir(), "holdfast-pg-"));
export const real = childProcesses(home);

/** The real tools; `instead` may put another command in the place of one. */
export function engineTools({
  who = superuser,
  signal = new AbortController().signal,
  commands = real,
}: {
  who?: Who;
  signal?: AbortSignal;
  commands?: Commands;
} = {}) {
  const logged: string[] = [];
  const tools: EngineTools = {
    commands,
    secrets: { read: async () => who },
    log: { info: () => {}, error: (message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`) },
    signal,
    workDir: home,
  };
  return Object.assign(tools, { logged });
}

export const withCommand = (instead: (command: Command) => Command): Commands => ({
  ...real,
  reading: (command, signal) => real.reading(instead(command), signal),
  run: (command, signal) => real.run(instead(command), signal),
});

/** What a capture has stored, by kind and subject, and the point that it makes. */
export async function captured(
  databases: string[],
  options: Parameters<typeof engineTools>[0] &
    SourceOptions & { connection?: object; whileStoring?: (stream: CapturedStream) => Promise<void> } = {},
) {
  const stored = new Map<string, Buffer>();
  const artifacts: Artifact[] = [];
  const tools = engineTools(options);
  const { lockTimeoutSeconds, jobs, splitAbove, connection = server, whileStoring } = options;
  let number = 0;
  const store = async (stream: CapturedStream) => {
    const its = number++;
    await whileStoring?.(stream);
    const bytes = await readStream(stream);
    const artifact = artifactOf(stream, bytes, its);
    stored.set(artifact.key, bytes);
    artifacts.push(artifact);
  };
  const result = await postgresql.capture(
    { ...tools, store },
    sourceOf(databases, {
      connection,
      ...(lockTimeoutSeconds === undefined ? {} : { lockTimeoutSeconds }),
      ...(jobs === undefined ? {} : { jobs }),
      ...(splitAbove === undefined ? {} : { splitAbove }),
    }),
  );
  artifacts.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { ...result, stored, artifacts, facts: result.facts ?? {} };
}
export type Point = Pick<Awaited<ReturnType<typeof captured>>, "stored" | "artifacts" | "facts">;

/** As the pipeline does it: a copy to the proof, and every exit awaited. */
async function readStream(stream: CapturedStream): Promise<Buffer> {
  const output = stream.open();
  const proof = stream.prove();
  const chunks: Uint8Array[] = [];
  const kept = (async function* () {
    for await (const chunk of output.bytes) {
      chunks.push(Buffer.from(chunk)); // the next one overwrites it
      yield chunk;
    }
  })();
  const results = await Promise.allSettled([
    copyTo(kept, [proof.stream], { bytes: 0, hash: createHash("sha256") }),
    proof.exitCodes,
  ]);
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (failures.length > 0) throw failures.find(({ name }) => name !== "ReaderGone") ?? failures[0];
  await output.exitCodes;
  return Buffer.concat(chunks);
}

function artifactOf({ kind, holds, subject, formatProof }: CapturedStream, bytes: Buffer, number: number): Artifact {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return {
    key: `test/${number}.${kind}.zst.gpg`,
    kind,
    holds,
    ...(subject === undefined ? {} : { subject }),
    bytes: bytes.length,
    sha256,
    plainBytes: bytes.length,
    plainSha256: sha256,
    parts: [{ bytes: bytes.length, sha256 }],
    compositeSha256: "",
    exitCodes: {},
    formatProof,
  };
}

/** Opens what was stored, or what `change` makes of it. */
export const opener = (
  { stored }: Pick<Point, "stored">,
  change: (bytes: Buffer, artifact: Artifact) => Buffer = (bytes) => bytes,
) =>
  async function* (artifact: Artifact) {
    const bytes = change(stored.get(artifact.key) ?? Buffer.alloc(0), artifact);
    for (let from = 0; from < bytes.length; from += 65_536) yield bytes.subarray(from, from + 65_536);
  };

export const pointOf = ({ artifacts, facts }: Point, options: Record<string, unknown> = {}): PointToRestore => ({
  artifacts,
  facts,
  options,
});

let restores = 0;
export const newRestoreId = () =>
  RestoreId.parse(`2026-02-23-134207-${(restores++).toString(36).padStart(2, "0")}${randomBytes(1).toString("hex")}`);

type Restoring = NonNullable<Parameters<typeof engineTools>[0]> & {
  options?: Record<string, unknown>;
  restoreId?: RestoreId;
  open?: ReturnType<typeof opener>;
  /** The server of the tests, come by in another way. */
  to?: PostgresqlTarget;
  fingerprint?: string;
  onPhase?: (name: string) => Promise<void>;
};

/** Restores a point in the way that the restore use case does. */
export async function restored(
  point: Point,
  restoring: Restoring = {},
): Promise<RestoreResult & { phases: string[]; comparedFacts: number; restoreId: RestoreId }> {
  const tools = engineTools(restoring);
  const toRestore = pointOf(point, restoring.options);
  const to = restoring.to ?? target;
  const fingerprint = restoring.fingerprint ?? (await postgresql.inspect(engineTools(), to, toRestore)).fingerprint;
  const restoreId = restoring.restoreId ?? newRestoreId();
  const phases: string[] = [];
  let comparedFacts = 0;
  const result = await postgresql.restore(
    {
      ...tools,
      open: restoring.open ?? opener(point),
      restoreId,
      fingerprint,
      phase: async (name, work) => {
        phases.push(name);
        await restoring.onPhase?.(name);
        return work();
      },
      compare: (left: Facts, right: Facts) => {
        const differences = compareFacts(left, right);
        comparedFacts = countFacts(left);
        if (differences.length > 0 || comparedFacts === 0) throw new FactsDiffer(describeDifferences(differences));
      },
    },
    to,
    toRestore,
  );
  return { ...result, phases, comparedFacts, restoreId };
}
