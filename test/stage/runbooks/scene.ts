import { z } from "zod";
import type { World } from "../support/world.ts";
import type { Bindings, Shell } from "./reader.ts";

/** A command, or a block of them, as a reader meets it. */
export type Step = {
  /** What it has to print, each of it. */
  shows: readonly string[];
  /** What it must not print any more. */
  hides?: readonly string[];
  /** What has to come true before the reader goes on. May bind more. */
  until?: (printed: string, shell: Shell) => Promise<Bindings>;
};
/** A fault that has happened: what a page's words stand for now, and a step for each of its commands. */
export type Scene = { bindings: Bindings; steps: readonly Step[] };

const Output = z.looseObject({ run: z.looseObject({ backupId: z.string() }) });
const Held = z.looseObject({ figures: z.looseObject({ holdId: z.string() }) });
const executionIn = (printed: string) => /"executionArn": "(arn:[^"]+)"/.exec(printed)?.[1] ?? "";

/** The backup that the reader has started succeeds, and `sources` are verified. */
export const isBackedUp = (world: World) => async (printed: string) => {
  const backup = await world.client.ended(executionIn(printed));
  if (backup.status !== "SUCCEEDED") throw new Error(`the reader's backup ended ${backup.status}: ${backup.cause}`);
  const { backupId } = Output.parse(backup.output).run;
  const verification = await world.client.endedNamed("verify", backupId);
  if (verification.status !== "SUCCEEDED") throw new Error(`${backupId} was not verified: ${verification.cause}`);
  return {};
};

/** The restore that the reader has started succeeds; its id is bound. */
export const isRestored = (world: World) => async (printed: string) => {
  const restore = await world.client.ended(executionIn(printed));
  if (restore.status !== "SUCCEEDED") throw new Error(`the reader's restore ended ${restore.status}: ${restore.cause}`);
  return { "<restoreId>": (await world.client.evidenceOf(restore)).restoreId };
};

/** Everything is held, as the page says first; released again, so that no other test meets it. */
export const isHeld = (world: World): Step => ({
  shows: [" is held by "],
  until: async (printed) => {
    const { holdId } = Held.parse(JSON.parse(printed)).figures;
    await world.client.invoke("release-hold", { holdId, why: "it was read aloud", requestedBy: "the test" });
    return {};
  },
});

/** The execution that the reader has started comes to its end, however. */
export const hasEnded = (world: World) => async (printed: string) => {
  await world.client.ended(executionIn(printed));
  return {};
};

/** Slack and SNS have told of it, and named the page. */
export async function isAlarmed({ client }: World, code: string, what: string): Promise<void> {
  for (const wanted of ["slack", "sns"])
    await client.message(
      (text, channel) => channel === wanted && text.includes(what) && text.includes(`docs/runbooks/${code}.md`),
    );
}
