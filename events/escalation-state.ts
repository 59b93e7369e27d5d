import { z } from "zod";
import { Climbed } from "#domain/escalation.ts";
import { AlarmCode, Name } from "#domain/ids.ts";

/** The input of the `escalate` machine, and what its one state is told: which alarm, and how far it has climbed. */
export const EscalationState = z.strictObject({
  alarm: z.strictObject({ source: Name, code: AlarmCode, openedAt: z.iso.datetime() }),
  climbed: Climbed,
});
export type EscalationState = z.infer<typeof EscalationState>;
