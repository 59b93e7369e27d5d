import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deadMan } from "#adapters/dead-man.ts";
import { makeSink } from "#local/sink.ts";

const folder = mkdtempSync(join(tmpdir(), "dead-man-"));
const server = createAdaptorServer({ fetch: makeSink(join(folder, "messages.jsonl")).fetch });
let origin: string;
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  rmSync(folder, { recursive: true });
});

const signals = (secret: Record<string, string>, urlOrigin = origin) =>
  deadMan({ read: async () => secret }, { urlSecret: "arn:secret", urlOrigin });
const pings = async () => (await fetch(`${origin}/pings`)).json();

it("A5 the watcher's signal is a POST to the check's address, and to its /fail with what is wrong", async () => {
  for (const url of [`${origin}/ping/0d6e3b1a`, `${origin}/ping/0d6e3b1a/`]) {
    await signals({ url }).signal(true, "All is as the plan says.");
    await signals({ url: `${url}?rid=1` }).signal(false, "RunOverdue: app-db: …");
  }

  const both = [
    expect.objectContaining({ isWell: true, text: "All is as the plan says." }),
    expect.objectContaining({ isWell: false, text: "RunOverdue: app-db: …" }),
  ];
  expect(await pings()).toEqual([...both, ...both]);
});

it("N4 the watcher's signal goes nowhere but to the plan's origin, and a refusal fails without its address", async () => {
  const before = await pings();
  const elsewhere = signals({ url: `${origin}/ping/0d6e3b1a` }, "https://hc-ping.com").signal(true, "");
  const refused = signals({ url: `${origin}/no-such-check/0d6e3b1a` }).signal(true, "");

  await expect(elsewhere).rejects.toMatchObject({ name: "AnnouncementFailed" });
  await expect(refused).rejects.toMatchObject({ message: "Nobody took the signal of the watcher: it answered 404" });
  await expect(signals({}).signal(true, "")).rejects.toThrow("has no url");
  await expect(signals({ url: "0d6e3b1a" }).signal(true, "")).rejects.toThrow(/^(?!.*0d6e3b1a)/);
  expect(await pings()).toEqual(before);
});
