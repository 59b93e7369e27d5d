import type { Engine } from "#ports/engine.ts";
import { files } from "./files/engine.ts";
import { postgresql } from "./postgresql/engine.ts";
import { redis } from "./redis/engine.ts";

/** Every engine, by the name that a plan gives it. Only tasks import this: it brings every client along. */
export const engines: Record<string, Engine> = { files, postgresql, redis };
