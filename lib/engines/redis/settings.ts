import { TargetUnfit } from "#domain/errors.ts";
import type { RedisLink } from "./connection.ts";

/** `undefined` when there is no such setting, or the user may not ask. May be a secret: never log it. */
export async function readSetting(link: RedisLink, name: string): Promise<string | undefined> {
  const reply = await link.ask("CONFIG", "GET", name).catch(() => undefined);
  return Array.isArray(reply) && typeof reply[1] === "string" ? reply[1] : undefined;
}

export type Settings = Record<string, string>;

/** What they are now. Throws when one of them can't be read: it could not be put back. */
export async function readSettings(link: RedisLink, names: readonly string[]): Promise<Settings> {
  const found: Settings = {};
  for (const name of names) {
    const value = await readSetting(link, name);
    if (value === undefined)
      throw new TargetUnfit(`the server does not tell its setting ${name}, so that it could not be put back`);
    found[name] = value;
  }
  return found;
}

export const changeSettings = (link: RedisLink, wanted: Settings) =>
  link.ask("CONFIG", "SET", ...Object.entries(wanted).flat());
