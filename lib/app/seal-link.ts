import { type Linked, linkOf, textToSeal } from "#domain/acknowledge-link.ts";
import type { Seal } from "#ports/keys.ts";

export type Links = { seal: Pick<Seal, "seal">; url: string; validForMs: number };

/** The link by which one contact takes this opening of an alarm. */
export async function sealLink(links: Links, stage: string, linked: Linked): Promise<string> {
  const { claims, text } = textToSeal(stage, linked);
  return `${links.url}?link=${linkOf(claims, await links.seal.seal(text))}`;
}
