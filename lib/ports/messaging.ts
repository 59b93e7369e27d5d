import type { Announcement } from "#domain/announcement.ts";
import type { Happening } from "#events/happenings.ts";

/** The event bus. */
export interface Events {
  emit(happening: Happening): Promise<void>;
}

/** Step Functions. The same name starts once: a second start finds the first, whether it runs or has ended. */
export interface Machines {
  start(machineArn: string, name: string, input: unknown): Promise<{ executionArn: string; isNew: boolean }>;
  /** False once it has ended, and for an execution that does not exist (any more). */
  isRunning(executionArn: string): Promise<boolean>;
}

/** A way to reach people. Throws `AnnouncementFailed` when the message was not taken. */
export interface Channel {
  name: string;
  /** It leads to a machine that keeps its own state: floods reach it message by message. */
  takesEach?: true;
  tell(announcement: Announcement): Promise<void>;
  /** There where messages can be changed: shows this in place of what was told of the same restore before. */
  update?(announcement: Announcement): Promise<void>;
}

/** A Fargate task that is started and waited for by hand, outside a machine. */
export interface Tasks {
  run(
    taskDefinition: string,
    taskInputKey: string,
  ): Promise<{ exitCode: number | undefined; reason: string | undefined }>;
}
