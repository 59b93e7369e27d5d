import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guardedFetch } from "#adapters/guarded-fetch.ts";
import { slackChannel } from "#adapters/slack.ts";
import { AnnouncementFailed } from "#domain/errors.ts";

/** What a stolen secret would have us call: nothing may ever arrive here. */
let canary: Listener;
beforeEach(async () => {
  canary = await listen();
});
afterEach(() => canary.close());

const post = { method: "POST", body: "{}" };

describe("the webhook's address in a secret", () => {
  it.each([
    "http://127.0.0.1:PORT/services/T0/B0/x",
    "https://127.0.0.1:PORT/",
    "http://[::1]:PORT/",
    "http://hooks.slack.com@127.0.0.1:PORT/",
    "http://localhost:PORT/hooks.slack.com",
    "https://hooks.slack.com:PORT/",
    "http://hooks.slack.com/services",
    "https://hooks.slack.com.evil.example/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/v2/credentials",
    "file:///proc/self/environ",
    "not a url",
  ])("N4 is called only where the plan lets it lead: not %s", async (url) => {
    const secrets = { read: async () => ({ url: url.replace("PORT", String(canary.port)) }) };
    const channel = slackChannel(secrets, { webhookSecret: "arn:x", webhookOrigin: "https://hooks.slack.com" });

    const failure = await channel.tell(anAnnouncement).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(AnnouncementFailed);
    expect(canary.hits()).toBe(0);
  });

  it.each([
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.9",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "fd00:ec2::254",
    "fe80::1",
    "64:ff9b::7f00:1",
  ])("N4 is not called when its name resolves to %s, nor when only one of its addresses does", async (address) => {
    const family = address.includes(":") ? 6 : 4;
    const origin = `http://slack.test:${canary.port}`;
    const alone = guardedFetch(origin, async () => [{ address, family }]);
    const among = guardedFetch(origin, async () => [
      { address: "3.68.170.153", family: 4 },
      { address, family },
    ]);

    for (const attempt of [alone, among])
      await expect(attempt(origin, post)).rejects.toThrow(`slack.test resolves to ${address}: not a public address`);
    expect(canary.hits()).toBe(0);
  });

  it("N4 is looked up once: a second, other answer changes nothing", async () => {
    let asked = 0;
    const origin = `http://slack.test:${canary.port}`;
    const rebound = guardedFetch(origin, async () => [
      { address: asked++ === 0 ? "169.254.169.254" : "3.68.170.153", family: 4 },
    ]);

    await expect(rebound(origin, post)).rejects.toThrow();

    expect(asked).toBe(1);
    expect(canary.hits()).toBe(0);
  });

  it("N4 is called where the plan says, and a redirect from there is not followed", async () => {
    const relay = await listen((response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${canary.port}/` }).end(),
    );
    const origin = `http://127.0.0.1:${relay.port}`;

    await expect(guardedFetch(origin)(`${origin}/services`, post)).rejects.toThrow();
    await relay.close();

    expect(relay.hits()).toBe(1);
    expect(canary.hits()).toBe(0);
  });
});

type Listener = { port: number; hits: () => number; close: () => Promise<void> };

/** Counts connections, so that one that sends nothing counts too. On all of this machine's addresses. */
async function listen(
  answer = (response: Parameters<Parameters<typeof createServer>[1] & {}>[1]) => response.end("ok"),
): Promise<Listener> {
  let connections = 0;
  const server: Server = createServer((request, response) => {
    request.resume();
    answer(response);
  });
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "::", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hits: () => connections,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const anAnnouncement = {
  code: "BackupFailed",
  severity: "critical" as const,
  title: "Backup nightly failed",
  happened: ["sessions: CommandFailed"],
  intact: "everything older",
  next: { say: "look" },
  figures: [],
};
