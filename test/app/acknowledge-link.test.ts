import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { asHtml } from "#adapters/page.ts";
import { acknowledgeLink } from "#app/acknowledge-link.ts";
import { endAlarm, raiseAlarm, readAlarm } from "#app/alarm-log.ts";
import { climbLadder } from "#app/climb-ladder.ts";
import { linkOf, textToSeal } from "#domain/acknowledge-link.ts";
import type { Announcement } from "#domain/announcement.ts";
import { Ladder } from "#domain/escalation.ts";
import { Tell } from "#domain/tell.ts";
import { memoryWorld } from "../support/memory-world.ts";

const key = { source: "app-db", code: "BackupFailed" };
const url = "https://abc.lambda-url.eu-central-1.on.aws/";
const sealWith = (secret: string) => {
  const seal = async (text: Uint8Array) => createHmac("sha256", secret).update(text).digest();
  const isOurs = async (text: Uint8Array, given: Uint8Array) => (await seal(text)).equals(given);
  return { seal, isOurs };
};

/** An alarm has opened and has been told to the two contacts of its first rung, each with a link. */
async function told({ seal = sealWith("ours").seal } = {}) {
  const { ports: plain, lines } = memoryWorld();
  let now = new Date("2026-02-23T03:00:00Z");
  const contacts = { ada: { name: "Ada <b>", phone: "+4930123456" }, grace: { email: "grace@example.com" } };
  const ladder = Ladder.parse({ rungs: [{ after: "0m", role: "devops" }] });
  const roles = { devops: { primary: "ada", secondary: "grace" } };
  const plan = { ...plain.plan, contacts, roles, escalation: { ladder } };
  const ports = { ...plain, plan, clock: () => now, seal: sealWith("ours") };
  const raise = () => raiseAlarm(ports, key, { severity: "critical", problem: "x" }, `raised ${now.getTime()}`);
  await raise();
  const { openedAt = "" } = (await readAlarm(ports, key)) ?? {};
  const messages: Announcement[] = [];
  const climb = climbLadder({
    ...ports,
    tellRole: async (_, message) => void messages.push(message),
    links: { seal: { seal }, url, validForMs: 3_600_000 },
  });
  await climb({ alarm: { ...key, openedAt }, climbed: { rungs: 0, statuses: 0 } });
  const [ofAda = "", ofGrace = ""] = messages[0]?.happened.flatMap((line) => line.split("?link=").slice(1)) ?? [];
  const open = (method: string, link: string | undefined) => acknowledgeLink(ports)({ method, link });
  return {
    ...{ ports, messages, openedAt, ofAda, ofGrace, open, raise, lines },
    end: () => endAlarm(ports, key, `ended ${now.getTime()}`),
    later(milliseconds: number) {
      now = new Date(now.getTime() + milliseconds);
    },
    state: () => readAlarm(ports, key),
  };
}
const INVALID = { isFound: false, title: "This link is of no use" };

describe("the link that a contact gets", () => {
  it("shows the alarm when it is opened, and takes it for that contact when its button is pressed, once", async () => {
    const { open, ofAda, ofGrace, state, messages } = await told();

    const shown = await open("GET", ofGrace);
    const before = await state();
    const taken = await open("POST", ofGrace);
    const again = await open("POST", ofGrace);
    const late = await open("POST", ofAda);

    expect(messages[0]?.happened.slice(-2)).toEqual([
      expect.stringMatching(/^Ada <b> takes it here, until 2026-02-23T04:00:00.000Z: https:\/\/abc\.lambda-url/),
      expect.stringMatching(/^grace takes it here, until 2026-02-23T04:00:00.000Z: https:\/\/abc\.lambda-url/),
    ]);
    expect(shown).toMatchObject({ isFound: true, title: "BackupFailed of app-db", button: "I am grace, and take it" });
    expect(before?.acknowledged).toBeUndefined();
    expect(taken.text).toBe("grace (by link) has taken it: nobody further is told.");
    expect([again, late]).toEqual([taken, taken]);
    expect(await state()).toMatchObject({
      number: 2,
      what: "acknowledged",
      acknowledged: { claimed: "grace (by link)", call: expect.stringMatching(/^link [0-9a-f]{32}$/) },
    });
  });

  it.each(["GET", "HEAD", "OPTIONS", "PUT"])(
    "takes nothing by %s: what looks into mail opens links",
    async (method) => {
      const { open, ofAda, state } = await told();

      expect((await open(method, ofAda)).isFound).toBe(true);

      expect((await state())?.acknowledged).toBeUndefined();
    },
  );

  it("is of no use an hour later, after its alarm has ended, for the next opening of it, and changed anywhere; all answers are the same", async () => {
    const tampered = await told();
    const [claims = "", seal = ""] = tampered.ofAda.split(".");
    const other = { ...key, openedAt: tampered.openedAt, until: "2026-02-24T00:00:00.000Z" };
    const forged = Buffer.from(JSON.stringify({ ...other, contact: "grace" })).toString("base64url");
    const { claims: ofOther, text } = textToSeal("prod", { ...other, contact: "grace" });
    const links = [
      ...[undefined, "", ".", "x", `${claims}.`, `.${seal}`, `${forged}.${seal}`, `${claims}.${seal.slice(0, -2)}`],
      `${claims}.${seal}.x`,
      `${"a".repeat(700)}.${seal}`,
      linkOf(ofOther, await sealWith("theirs").seal(text)),
      linkOf(ofOther, await sealWith("ours").seal(text)), // of another stage
    ];
    for (const link of links) expect(await tampered.open("POST", link), link).toMatchObject(INVALID);
    expect((await tampered.state())?.acknowledged).toBeUndefined();

    const expired = await told();
    expired.later(3_600_000);
    const ended = await told();
    await ended.end();
    const another = await told();
    await another.end();
    another.later(1_800_000);
    await another.raise();
    const answers = await Promise.all([expired, ended, another].map(({ open, ofAda }) => open("POST", ofAda)));

    expect((await another.state())?.isOpen).toBe(true);
    expect((await another.state())?.acknowledged).toBeUndefined();
    expect(answers).toEqual(answers.map(() => expect.objectContaining(INVALID)));
    expect(new Set([...answers, await tampered.open("GET", "x")].map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it("is not what telling hangs on: without KMS the contacts are told, without one", async () => {
    const { messages } = await told({ seal: () => Promise.reject(new Error("KMS is not there")) });

    expect(messages[0]?.happened).toEqual([
      "It has been open for 0ms, and nobody has acknowledged it.",
      "You are asked as devops: Ada <b>, grace.",
    ]);
  });

  it("leads to a page that runs, loads and keeps nothing, and that no name gets markup into", async () => {
    const { open, ofAda } = await told();

    const { statusCode, headers, body } = asHtml(await open("GET", ofAda));
    const none = asHtml(await open("GET", "<script>"));

    expect({ statusCode, none: none.statusCode }).toEqual({ statusCode: 200, none: 404 });
    expect(body).toContain('<form method="post"><button>I am Ada &lt;b&gt;, and take it</button></form>');
    expect(body).not.toContain(ofAda);
    expect(none.body).not.toContain("script");
    expect(none.body).not.toContain("<form");
    expect(headers).toMatchObject({ "cache-control": "no-store", "referrer-policy": "no-referrer" });
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
  });

  it("is good for at most 12 hours, by the plan", () => {
    const problems = ["13h", "0s", "soon"].map((acknowledgeLink) => Tell.safeParse({ acknowledgeLink }).success);
    expect([...problems, Tell.safeParse({ acknowledgeLink: "12h" }).success]).toEqual([false, false, false, true]);
  });
});
