import ms, { type StringValue } from "ms";
import { z } from "zod";

/** `15m`, `6h`, `1d`: kept as written, since people read it again in messages. */
export const Duration = z
  .string()
  .regex(/^[1-9]\d{0,4}[mhd]$/, { error: "must be a number of m, h or d, as in 24h", abort: true });

/** A wait between messages: also in seconds, and `0s`. */
export const Wait = z
  .string()
  .regex(/^(0|[1-9]\d{0,4})[smhd]$/, { error: "must be a number of s, m, h or d, as in 15m", abort: true });

/** How long something is kept, if not for ever. */
export const KeepFor = z.union([Duration, z.literal("forever")], {
  error: "must be a number of m, h or d, as in 7d, or forever",
});

export const durationMs = (duration: string): number => ms(duration as StringValue);
/** `24h` of 86400000. */
export const formatDuration = (milliseconds: number): string => {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes % 60 !== 0) return `${minutes}m`;
  return `${minutes / 60}h`;
};
