/** Structured lines; never bytes of a source, never secrets. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
/** The log of a function or task: what it says can be read as part of one run's story. */
export interface RunLog extends Log {
  /** Every line from here on, engines' lines included, carries this id: of the backup, or of the restore. */
  belongsTo(run: string): void;
}
export type Clock = () => Date;
