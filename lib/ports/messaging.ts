import type { Announcement } from "#domain/announcement.ts";
import type { Happening } from "#events/happenings.ts";

/** The event bus. */
export interface Events {
  emit(happening: Happening): Promise<void>;
}

/** Step Functions. The same name starts once: a second start finds the first, whether it runs or has ended. */
export interface Machines {
  start(machineArn: string, name: string, input: unknown): Promise<{ executionArn: string; isNew: boolean }>;
  /** The inputs of its executions that have not ended. */
  running(machineArn: string): Promise<unknown[]>;
}

/** A way to reach people. Throws `AnnouncementFailed` when the message was not taken. */
export interface Channel {
  name: string;
  tell(announcement: Announcement): Promise<void>;
}

/** A Fargate task that is started and waited for by hand, outside a machine. */
export interface Tasks {
  run(
    taskDefinition: string,
    taskInputKey: string,
  ): Promise<{ exitCode: number | undefined; reason: string | undefined }>;
}
