import { once } from "node:events";
import { connect } from "node:net";
import { createServer } from "node:tls";
import { beforeEach, expect, it } from "vitest";

import { captureRdb, rdbDump } from "#engines/redis/capture.ts";
import { readLogin } from "#engines/redis/connection.ts";
import { checkRedis } from "#engines/redis/preflight.ts";
import { restoreRdb } from "#engines/redis/restore.ts";
import { inspectTarget } from "#engines/redis/target.ts";
import { whileTunnelled } from "#engines/redis/tunnel.ts";
import { verifyRdb } from "#engines/redis/verify.ts";
import { certificateOf, type Served } from "../certificates.ts";
import { listening } from "../listeners.ts";
import { fillWithEverything } from "./example-keys.ts";
import { startRedis, startRedisByTls } from "./real-redis.ts";
import { oneAtATime, redisWorld } from "./redis-world.ts";

beforeEach(oneAtATime);

const HERE = "IP:127.0.0.1";

it("captures and restores a server that is reached by TLS alone", async () => {
  const source = await startRedisByTls(certificateOf("ours", HERE));
  const target = await startRedisByTls(certificateOf("ours too", HERE));
  await fillWithEverything(source.link);
  const world = redisWorld();

  await captureRdb(await world.capture(), source.section);
  const { facts = {} } = await verifyRdb(await world.verify(), world.point());
  const { fingerprint, problems } = await inspectTarget(await world.verify(), target.section, world.point(facts));
  await restoreRdb(await world.restore(fingerprint), target.section, world.point(facts));

  expect(problems).toEqual([]);
  expect(await target.link.ask("DEBUG", "DIGEST")).toBe(await source.link.ask("DEBUG", "DIGEST"));
});

it("says no word to a server whose certificate is another authority's, for another host, or expired", async () => {
  const ours = certificateOf("ours", HERE);
  const cases: { served: Served; ca: string; says: RegExp }[] = [
    { ...both(certificateOf("ours", "IP:192.0.2.1,DNS:localhost")), says: /altnames/ },
    { served: ours, ca: certificateOf("theirs", HERE).ca, says: /self-signed certificate|unable to/ },
    { ...both(certificateOf("ours", HERE, -1)), says: /expired/ },
  ];
  for (const { served, ca, says } of cases) {
    const { port, heard } = await listenByTls(served);
    const world = redisWorld();
    world.secrets = { password: "secret-word" };
    const tools = await world.capture();
    const connection = { host: "127.0.0.1", port, tls: { ca } };

    const { problems } = await checkRedis(tools, { connection, secret: "" });
    const dump = whileTunnelled({ ...connection, password: "secret-word" }, tools, async (through) => {
      for await (const _ of tools.commands.reading(rdbDump(through), tools.signal).bytes)
        throw new Error("was told something");
    });

    expect(problems).toEqual([expect.stringMatching(says)]);
    await expect(dump).rejects.toThrow(says);
    expect(heard).toEqual([]);
  }
});

it("tells what has failed, not that redis-cli had hung up before", async () => {
  const { section } = await startRedisByTls(certificateOf("ours", HERE));
  const tools = await redisWorld().capture();
  const login = await readLogin(tools, section);

  const later = whileTunnelled(login, tools, async ({ socketPath = "" }) => {
    const client = connect(socketPath);
    client.write("PING\r\n");
    await once(client, "data");
    client.destroy();
    for await (const _ of tools.commands.reading(rdbDump({ ...login, socketPath }), tools.signal).bytes);
    throw new Error("the disk is full");
  });

  await expect(later).rejects.toThrow("the disk is full");
});

it("says of a server without TLS that it has none", async () => {
  const { port } = (await startRedis()).section.connection;
  const connection = { host: "127.0.0.1", port, tls: { ca: certificateOf("ours", HERE).ca } };

  const { problems } = await checkRedis(await redisWorld().capture(), { connection, secret: "" });

  expect(problems).toEqual([expect.stringMatching(/does not answer to TLS|no answer/)]);
});

const both = (served: Served) => ({ served, ca: served.ca });

/** A server that shows this certificate; `heard` is what clients told it afterwards. */
async function listenByTls({ key, certificate }: Served) {
  const heard: string[] = [];
  const server = createServer({ key, cert: certificate }, (socket) => {
    socket.on("data", (bytes) => heard.push(bytes.toString())).on("error", () => {});
  });
  return { heard, port: await listening(server) };
}
