import { z } from "zod";
import { ConfigInvalid } from "#domain/errors.ts";

const text = z.string().min(1);
const base = { STAGE: text, REPOSITORY_BUCKET: text, SIGNING_KEY: text };

/**
 * The only reader of the environment. Every function needs the base; `more` is what its own function.yml gives it. Throws
 * `ConfigInvalid` with everything that is missing, at cold start.
 */
export function loadConfig<Name extends string = never>(env: NodeJS.ProcessEnv, more: readonly Name[] = []) {
  const shape = { ...base, ...Object.fromEntries(more.map((name) => [name, text])) };
  const parsed = z.object(shape).safeParse(env);
  if (!parsed.success) throw new ConfigInvalid(z.prettifyError(parsed.error));
  return parsed.data as Record<keyof typeof base | Name, string>;
}
export type Config = Record<keyof typeof base, string>;
