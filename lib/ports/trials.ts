/** `done`, or the name of the error with which it was refused. */
export type Said = string;

/** What `self-check` tries. Nothing is thrown: what AWS answers is what was to be known. */
export interface Trials {
  /** Of an object of a few bytes; `isConditional`: only where nothing stands yet. */
  put(key: string, how: { isConditional: boolean }): Promise<Said>;
  /** Begins an upload that S3 is to encrypt with a key that only the caller has, and takes it back: nothing is ever visible. */
  beginWithOwnKey(key: string): Promise<Said>;
  /** In governance mode; also what would shorten a lock. */
  lock(key: string, until: Date): Promise<Said>;
  describeKey(keyArn: string): Promise<Said>;
  /** A data key that is thrown away. */
  generateDataKey(keyArn: string): Promise<Said>;
  /** A signature of zeros that is thrown away. */
  sign(keyArn: string): Promise<Said>;
  /** By the role's own policies: `allowed`, `implicitDeny` or `explicitDeny`. */
  simulate(roleArn: string, action: string, resourceArn: string): Promise<Said>;
}
