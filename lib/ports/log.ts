/** Structured lines; never bytes of a source, never secrets. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
export type Clock = () => Date;
