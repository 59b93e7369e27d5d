/** An ECS service of the operator's. */
export type ServicePlace = { cluster: string; service: string };

export interface Services {
  /** How many tasks it is to have; undefined when there is no such service. */
  desiredCount(place: ServicePlace): Promise<number | undefined>;
  setCount(place: ServicePlace, desiredCount: number): Promise<void>;
  /** Resolves when no more than `count` of its tasks run or are about to. */
  settle(place: ServicePlace, count: number, signal: AbortSignal): Promise<void>;
}

/** Lambda functions of the operator's. */
export interface Functions {
  /** Calls it once and waits. Throws when it could not be called, or has failed, with its error's name and message. */
  call(functionArn: string, input: unknown, signal: AbortSignal): Promise<void>;
}
