/** `status` as Step Functions has it: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED. */
export type Execution = { arn: string; status: string; startedAt: Date; endedAt: Date | undefined };
export type ExecutionDetails = Execution & { input: string; error: string; cause: string };

/** Executions that others have started. */
export interface Executions {
  /** Of one machine, newest first; Step Functions forgets them after 90 days. */
  list(machineArn: string, only?: "RUNNING"): AsyncIterable<Execution>;
  describe(arn: string): Promise<ExecutionDetails>;
  /** One that has ended stays as it has ended. */
  stop(arn: string, cause: string): Promise<void>;
}

/** Tasks that others have started, known by the input that they were given. */
export interface RunningTasks {
  /** ARNs of those that have not stopped, tasks that are being stopped among them. */
  of(isIt: (taskInputKey: string) => boolean): Promise<string[]>;
  /** SIGTERM, and SIGKILL when the task's time to stop has passed. One that has stopped stays so. */
  stop(taskArn: string, reason: string): Promise<void>;
}

/** States that wait for a word from outside, each known by the token that it gave out. */
export interface WaitingStates {
  /** False where nothing waits for it any more. */
  goOn(token: string): Promise<boolean>;
  /** The execution fails with this error, unless the machine catches it. False as above. */
  fail(token: string, error: string, cause: string): Promise<boolean>;
}
