import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { connect } from "node:tls";
import { CommandFailed } from "#domain/errors.ts";
import type { EngineTools } from "#ports/engine.ts";
import { type Login, verifiedTls, whyNoLink } from "./connection.ts";

/**
 * A login that redis-cli may have for as long as `work` takes. It proves by itself that a certificate is of an authority,
 * but not that it is for this host; so where the plan wants TLS it talks through a socket file of this task, behind which
 * both are proven before the first byte goes out. Seen: `redis-cli --tls --cacert` of Redis 8.0 gets its PONG from any host.
 */
export async function whileTunnelled<T>(
  login: Login,
  { workDir }: Pick<EngineTools, "workDir">,
  work: (login: Login) => Promise<T>,
): Promise<T> {
  if (!login.tls) return work(login);
  const socketPath = join(workDir, `redis-${randomBytes(4).toString("hex")}.sock`);
  let refused: unknown;
  const server = createServer((local) => {
    forward(local, login, (error) => {
      refused ??= error;
    });
  });
  server.listen(socketPath);
  await once(server, "listening");
  try {
    return await work({ ...login, socketPath });
  } catch (error) {
    throw refused === undefined ? error : new CommandFailed(whyNoLink(login, refused), { cause: error });
  } finally {
    server.close();
  }
}

/** Once there is a link, redis-cli says by itself what became of it: it hangs up in the middle when it has its answer. */
async function forward(local: Socket, login: Login, refuse: (error: unknown) => void): Promise<void> {
  local.on("error", () => {}); // redis-cli went away; its exit code says whether it should have
  const remote = connect(verifiedTls(login));
  local.once("close", () => remote.destroy());
  try {
    await once(remote, "secureConnect"); // rejects with what is wrong with the certificate
  } catch (error) {
    refuse(error);
    local.destroy();
    return;
  }
  await pipeline(local, remote, local).catch(() => local.destroy());
}
