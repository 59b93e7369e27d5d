import { z } from "zod";
import { type Announcement, Severity } from "./announcement.ts";
import { Duration, durationMs } from "./duration.ts";
import { sha256 } from "./hashes.ts";

/** From how many messages of a window on the others wait for its digest. */
export const Digest = z.strictObject({
  above: z
    .int()
    .positive()
    .describe("So many messages of a window are told each; what comes then waits for its digest."),
  every: Duration.refine((text) => durationMs(text) <= 6 * 3_600_000, "must be 6h at most").describe(
    "How long a window is; they follow one another.",
  ),
});
export type Digest = z.infer<typeof Digest>;
export const DIGEST: Digest = { above: 30, every: "15m" };

/** One message that waits for the digest of its window. */
export const Gathered = z.strictObject({ code: z.string(), title: z.string(), severity: Severity });
export type Gathered = z.infer<typeof Gathered>;

const NAMED_AT_MOST = 20;
const LOUDNESS: Severity[] = ["critical", "warning", "info"];

/** When the window began that an instant lies in. */
export const windowOf = (at: Date, { every }: Digest) =>
  new Date(Math.floor(at.getTime() / durationMs(every)) * durationMs(every));

/** `digest-2026-11-23T09-00-00Z`: the run of a window. */
export const digestId = (begin: Date) => `digest-${begin.toISOString().slice(0, 19).replaceAll(":", "-")}Z`;

/** What a digest is called among what was announced in its window. */
export const digestOf = (channel: string) => `DigestDue-${channel}`;

/**
 * With which messages one is counted: a critical alarm only with those of its own code and sources, so that another one always
 * passes; everything else together. Undefined for what is told each: restores, which somebody waits for, canaries and digests.
 */
export function countedWith({ code, severity, alarm, restore, only }: Announcement): string | undefined {
  if (restore !== undefined || only !== undefined || code === "CanarySent") return undefined;
  if ((alarm?.severity ?? severity) !== "critical") return "all";
  return sha256([code, alarm?.isOpen, ...(alarm?.sources ?? [])].join(" ")).slice(0, 16);
}

/** What came more than was told each, as one message to the channel that it was kept from. */
export function describeDigest(
  { channel, begin, stage }: { channel: string; begin: Date; stage: string },
  gathered: readonly Gathered[],
): Announcement {
  const byTitle = [...Map.groupBy(gathered, ({ code, title }) => `${code}: ${title}`)].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  const left = byTitle.slice(NAMED_AT_MOST).reduce((sum, [, some]) => sum + some.length, 0);
  return {
    severity: LOUDNESS.find((one) => gathered.some(({ severity }) => severity === one)) ?? "info",
    code: "Digest",
    title: `${gathered.length} more messages since ${begin.toISOString()}`,
    happened: [
      "More came at once than anybody reads: the first of them were told each, these were not.",
      ...byTitle.slice(0, NAMED_AT_MOST).map(([title, some]) => `${some.length} × ${title}`),
      ...(left > 0 ? [`And ${left} others.`] : []),
    ],
    intact: "every point that is verified.",
    next: {
      say: "the runbook of each code; all that was said:",
      command: `aws logs tail /aws/lambda/holdfast-${stage}-announce --since 1h`,
    },
    figures: [],
    only: channel,
  };
}
