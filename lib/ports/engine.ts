import type { z } from "zod";
import type { Artifact } from "#domain/artifact.ts";
import type { Facts } from "#domain/facts.ts";
import type { RestoreId } from "#domain/ids.ts";
import type { RoomNeeded } from "#domain/source-check.ts";
import type { Commands, Input, Output } from "./commands.ts";
import type { Secrets } from "./keys.ts";
import type { Log } from "./log.ts";
import type { Endpoint } from "./surroundings.ts";

/** What every verb of an engine is given. `workDir` is private, empty, on scratch disk, and deleted afterwards. */
export type EngineTools = { commands: Commands; secrets: Secrets; log: Log; signal: AbortSignal; workDir: string };

/** A stream that the pipeline compresses, encrypts, hashes and uploads, without knowing what it is. */
export type CapturedStream = {
  /** Part of the artifact's key: `dump`, `globals`, `rdb`. */
  kind: string;
  /** What it holds, for people: `database "app"`. */
  holds: string;
  /** What the engine must know again at restore, for example the database's name. */
  subject?: string;
  /** For the size of the parts; a wrong figure costs speed, never data. */
  expectedBytes?: number;
  open(): Output;
  /** Reads a copy of the whole stream and proves that its format ends where the stream ends. */
  prove(): Input;
  /** What `prove` proves, in words, for the manifest. */
  formatProof: string;
};

export type CaptureTools = EngineTools & {
  /** Resolves once the artifact is stored whole; throws, and nothing is visible, when anything went wrong. */
  store(stream: CapturedStream): Promise<void>;
};

export type CaptureResult = {
  /** The instant that the data is consistent at, by the source's own clock. */
  recoveredTo: Date;
  toolVersions: Record<string, string>;
  facts?: Facts;
  limits: string[];
};

/** `problems` says for each thing that is wrong what mends it; findings are for people. */
export type Preflight = { problems: string[]; findings: Record<string, string>; room?: RoomNeeded };

/** How a source is come by: over a network or not at all, with a login or without. */
export type Reach = { endpoint?: Endpoint; secret?: string };

/**
 * An artifact's plaintext, in chunks that may be kept. It throws at its end, or earlier, unless every byte was authentic
 * and there to the last one.
 */
export type OpenArtifact = (artifact: Artifact) => AsyncIterable<Uint8Array>;

export type VerifyTools = EngineTools & { open: OpenArtifact };
export type PointToVerify = { artifacts: Artifact[]; facts?: Facts };
/** `wrong`: bytes that no second try will make right. What could not be read is thrown instead. */
export type VerifyResult = { wrong: string[]; facts?: Facts };

export type TargetState = {
  /** Tells this server from every other one: changes when another answers at the same address. */
  fingerprint: string;
  /** What a restore would meet; `mark` recognises a thing that holdfast put there, as long as nobody has changed it. */
  holds: { name: string; mark: string; what: string }[];
  /** Why the point can't be restored here, each with what mends it: room, versions, extensions, locales, rights. */
  problems: string[];
  /** How much room there is, in words; absent where it can't be asked. */
  room?: string;
};

export type PointToRestore = { artifacts: Artifact[]; facts: Facts; options: Record<string, unknown> };
export type RestoreTools = EngineTools & {
  open: OpenArtifact;
  restoreId: RestoreId;
  /** Measures a phase (`load`, `compare`, `swap`, …); phases of one name add up. */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Throws `FactsDiffer` unless every fact is the same and there is at least one. */
  compare(captured: Facts, restored: Facts): void;
  /** What `inspect` saw when the restore was planned; `restore` looks again just before loading. */
  fingerprint: string;
};
export type RestoreResult = {
  putThere: { name: string; mark: string }[];
  kept: { what: string; drop: string }[];
  notes: string[];
};

/** A restore that is to be undone, as its evidence has it. */
export type RestoreToUndo = Pick<RestoreTools, "restoreId"> & Pick<RestoreResult, "putThere">;

/** SQL of a hook. `timeoutMs` is for all of it. */
export type Statement = { database: string; statement: string; timeoutMs: number };

/** What shared code may ask of an engine instead of its name. */
export type Traits = {
  /** A swap leaves the old state beside the new one, so that a COMMITTED safety point is enough and `rollback` needs no point. */
  swapKeepsOldState: boolean;
  /** Reading every file, and giving them back to their owners, takes root; a task of any other engine gives it up first. */
  needsRoot: boolean;
};

/** One kind of source: how it is captured, read back, restored and compared. */
export interface Engine<Source = unknown, Target = unknown> {
  id: string;
  /** What the plan says of a source, and of a target, of this kind (without `engine`, `restoreTo`, `live`). */
  section: { source: z.ZodObject; target: z.ZodObject };
  /** What `start-restore` may say for this kind, for example other database names. */
  restoreOptions: z.ZodObject;
  traits: Traits;
  /** The tools and the paragraphs of RESTORE.md that turn plaintext artifacts into a running system again. */
  restoreGuide(artifacts: Artifact[]): string;
  /** What shared code proves of a source or a target before the engine itself is asked. */
  reach(server: Source | Target): Reach;
  preflight(tools: EngineTools, source: Source): Promise<Preflight>;
  capture(tools: CaptureTools, source: Source): Promise<CaptureResult>;
  verify(tools: VerifyTools, point: PointToVerify): Promise<VerifyResult>;
  /** Changes nothing. A point without artifacts asks what the target lacks for any. */
  inspect(tools: EngineTools, target: Target, point: PointToRestore): Promise<TargetState>;
  /** What a restore with these options reads, to tell how far it is; every artifact of the point where this is not there. */
  readsToRestore?(point: PointToRestore): Artifact[];
  restore(tools: RestoreTools, target: Target, point: PointToRestore): Promise<RestoreResult>;
  /**
   * There where the trait says that a swap keeps the old state: puts it back in one step, and keeps what it replaces.
   * `NothingToRollBack` where the old state is not there any more. When it throws, the target is as it was.
   */
  rollback?(tools: EngineTools, target: Target, restore: RestoreToUndo): Promise<Pick<RestoreResult, "kept" | "notes">>;
  /** There where the descriptions say that the engine speaks SQL: runs what a hook of the plan says. */
  runSql?(tools: EngineTools, server: Source | Target, statement: Statement): Promise<void>;
  /**
   * There where `rollback` is: drops what this restore, or its rollback, has kept, and nothing that does not bear its id.
   * Gives, for people, what is gone; nothing where nothing is there any more. A second call goes on where one broke off.
   */
  dropOld?(tools: EngineTools, target: Target, restoreId: RestoreId): Promise<string[]>;
}

/** Keeps the types of the sections while the engine is written; shared code sees only `Engine`. */
export const defineEngine = <Source extends z.ZodObject, Target extends z.ZodObject>(
  engine: Engine<z.infer<Source>, z.infer<Target>> & { section: { source: Source; target: Target } },
): Engine => engine;
