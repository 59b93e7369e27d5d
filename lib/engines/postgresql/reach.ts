import type { Reach } from "#ports/engine.ts";
import type { PostgresqlTarget } from "./config.ts";

/** PostgreSQL begins in plain; `SSLRequest` asks for TLS, and one byte answers (S or N). Source: "Message Formats" of its manual. */
const SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);

export function reach({ connection: { host, port, tls }, secret }: PostgresqlTarget): Reach {
  const beforeTls = { ask: SSL_REQUEST, yes: "S" };
  if (tls === "disable") return { endpoint: { host, port, tls: "never" }, secret };
  if (tls === "prefer" || tls === "require")
    return { endpoint: { host, port, tls: { use: tls === "prefer" ? "preferred" : "required" }, beforeTls }, secret };
  return { endpoint: { host, port, tls: { use: "required", ca: tls.ca }, beforeTls }, secret };
}
