import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pagerDuty } from "#adapters/pagerduty.ts";
import { webhook } from "#adapters/webhook.ts";
import { AnnouncementFailed } from "#domain/errors.ts";

type Call = { path: string; body: string; headers: IncomingMessage["headers"] };
const now = new Date("2026-02-23T03:00:00Z");
const patience = { timeoutMs: 300, retries: 2, minTimeout: 10, maxTimeout: 20 };
const ROUTING_KEY = "R0UT1NGKEY";
const SIGNING_KEY = "s1gn1ngkey";

let calls: Call[];
let answer: (response: ServerResponse, call: number) => void;
let server: ReturnType<typeof createServer>;
let origin: string;

beforeEach(async () => {
  calls = [];
  answer = (response) => response.writeHead(202).end("{}");
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    calls.push({ path: request.url ?? "", body, headers: request.headers });
    answer(response, calls.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const anAlarm = {
  code: "BackupFailed",
  severity: "critical" as const,
  title: 'Backup <!channel> "nightly" failed',
  happened: ["sessions: CommandFailed"],
  intact: "everything older",
  next: { say: "look", command: "npx sls invoke …" },
  figures: [],
  alarm: { sources: ["sessions", "uploads"], isOpen: true, severity: "critical" as const },
};
const secretsOf = (secret: Record<string, string>) => ({ read: async () => secret });
const ports = (secret: Record<string, string>) => ({ secrets: secretsOf(secret), stage: "test", clock: () => now });
const toPagerDuty = (at = origin) =>
  pagerDuty(ports({ routingKey: ROUTING_KEY }), { routingKeySecret: "arn:x", origin: at }, patience);
const toWebhook = (url = `${origin}/hook?token=t0ken`) =>
  webhook(ports({ url, signingKey: SIGNING_KEY }), { secret: "arn:x", origin }, patience);

describe("PagerDuty", () => {
  it("gets one trigger per source of an alarm, and a resolve of the same key at its end", async () => {
    await toPagerDuty().tell(anAlarm);
    await toPagerDuty().tell({ ...anAlarm, alarm: { ...anAlarm.alarm, sources: ["sessions"], isOpen: false } });
    const { alarm: _, ...noAlarm } = anAlarm;
    await toPagerDuty().tell(noAlarm);

    const events = calls.map(({ body }) => JSON.parse(body));
    expect(calls.map(({ path }) => path)).toEqual(Array(3).fill("/v2/enqueue"));
    expect(events).toMatchObject([
      {
        ...{ routing_key: ROUTING_KEY, event_action: "trigger", dedup_key: "holdfast/test/sessions/BackupFailed" },
        payload: {
          ...{ summary: anAlarm.title, source: "sessions", severity: "critical" },
          custom_details: { next: "look", command: "npx sls invoke …" },
        },
      },
      { event_action: "trigger", dedup_key: "holdfast/test/uploads/BackupFailed" },
      { event_action: "resolve", dedup_key: "holdfast/test/sessions/BackupFailed" },
    ]);
    expect(events[2].payload).toBeUndefined();
  });
});

describe("the signed webhook", () => {
  it("gets every message with the time and a signature that its receiver can check", async () => {
    await toWebhook().tell(anAlarm);

    const [{ body = "", headers = {} } = {}] = calls;
    expect(JSON.parse(body)).toEqual({ stage: "test", ...anAlarm });
    expect(headers["x-holdfast-timestamp"]).toBe("1771815600");
    const signature = createHmac("sha256", SIGNING_KEY).update(`1771815600.${body}`).digest("hex");
    expect(headers["x-holdfast-signature"]).toBe(`sha256=${signature}`);
  });

  it("N4 is called only where the plan lets it lead, and follows no redirect from there", async () => {
    const elsewhere = toWebhook("http://169.254.169.254/latest/meta-data/").tell(anAlarm);
    await expect(elsewhere).rejects.toThrow("the plan lets it lead to");
    expect(calls).toEqual([]);

    answer = (response) => response.writeHead(307, { location: `${origin}/stolen` }).end();
    await expect(toWebhook().tell(anAlarm)).rejects.toThrow(AnnouncementFailed);
    expect(calls.map(({ path }) => path)).not.toContain("/stolen");
  });
});

describe.each([
  { channel: "PagerDuty", tell: () => toPagerDuty().tell(oneSource) },
  { channel: "the signed webhook", tell: () => toWebhook().tell(oneSource) },
])("A2 $channel", ({ tell }) => {
  it.each([500, 503, 429])("is tried again after %i, and has the message then", async (status) => {
    answer = (response, call) => response.writeHead(call < 3 ? status : 202).end("secret words of theirs");

    await tell();

    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ body }) => body)).size).toBe(1);
  });

  it.each([404, 400, 401])("is not asked twice after %i, and the error names no secret", async (status) => {
    answer = (response) => response.writeHead(status).end(ROUTING_KEY);

    const failure = await tell().catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(AnnouncementFailed);
    expect(String(failure)).toContain(`it answered ${status}`);
    expect(String(failure)).not.toMatch(new RegExp(`${ROUTING_KEY}|${SIGNING_KEY}|t0ken`));
    expect(calls).toHaveLength(1);
  });

  it("gives up when it stays silent", async () => {
    answer = () => {};

    await expect(tell()).rejects.toThrow(AnnouncementFailed);

    expect(calls).toHaveLength(3);
  });
});

const oneSource = { ...anAlarm, alarm: { ...anAlarm.alarm, sources: ["sessions"] } };
