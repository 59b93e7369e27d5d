import type { BucketSettings } from "#domain/bucket-settings.ts";
import type { Schedule } from "#domain/silence.ts";

/** What the watcher looks at beside the repository. It changes nothing. */
export interface Watched {
  bucket(): Promise<BucketSettings>;
  /** Undefined for one that does not exist. */
  schedule(name: string): Promise<Schedule | undefined>;
  /** Rules of EventBridge whose names begin so. */
  rules(prefix: string): Promise<{ name: string; isEnabled: boolean }[]>;
  subscriptions(topicArn: string): Promise<{ endpoint: string; isConfirmed: boolean }[]>;
  /** How many messages lie in a queue. */
  depth(queueUrl: string): Promise<number>;
}

/** Somebody outside, who calls people when nobody signals any more: the pinging API of healthchecks.io. */
export interface DeadMan {
  /** `isWell: false` has people called now. Throws when the signal was not taken. */
  signal(isWell: boolean, text: string): Promise<void>;
}
