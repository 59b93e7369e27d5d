import type { Reach } from "#ports/engine.ts";
import type { RedisSource } from "./config.ts";

/** TLS begins at once, on a port of its own. */
export const reach = ({ connection: { host, port, tls }, secret }: RedisSource): Reach => ({
  endpoint: { host, port, tls: tls ? { use: "required", ca: tls.ca } : "never" },
  secret,
});
