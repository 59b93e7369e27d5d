import { z } from "zod";
import { AlarmCode, Name } from "./ids.ts";

/** What one link is good for: one contact takes one opening of one alarm. */
export const Linked = z.strictObject({
  source: Name,
  code: AlarmCode,
  openedAt: z.iso.datetime(),
  /** A contact of the plan. */
  contact: Name,
  until: z.iso.datetime(),
});
export type Linked = z.infer<typeof Linked>;

/** What whoever opens one sees. `button`: pressing it sends the same link again. */
export type Page = { isFound: boolean; title: string; text: string; button?: string };

/** `<what it is good for>.<the seal>`, both as base64url: nothing else is ever in a link. */
const Link = z
  .string()
  .max(600)
  .regex(/^[\w-]+\.[\w-]+$/);

/** What the seal is of; those of other stages, and of other purposes, are no seals here. */
const sealedText = (stage: string, claims: string) => new TextEncoder().encode(`acknowledge ${stage} ${claims}`);

export function textToSeal(stage: string, linked: Linked): { claims: string; text: Uint8Array } {
  const { source, code, openedAt, contact, until } = linked;
  const claims = Buffer.from(JSON.stringify({ source, code, openedAt, contact, until })).toString("base64url");
  return { claims, text: sealedText(stage, claims) };
}

export const linkOf = (claims: string, seal: Uint8Array) => `${claims}.${Buffer.from(seal).toString("base64url")}`;

/** What a link says, and the seal that has to fit it; undefined for what we never make. */
export function readLink(
  stage: string,
  link: string | undefined,
): { linked: Linked; text: Uint8Array; seal: Uint8Array } | undefined {
  const [claims = "", seal = ""] = Link.safeParse(link).data?.split(".") ?? [];
  const linked = Linked.safeParse(fromJson(Buffer.from(claims, "base64url").toString())).data;
  return linked && { linked, text: sealedText(stage, claims), seal: Buffer.from(seal, "base64url") };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
