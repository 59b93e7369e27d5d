import { Hono } from "hono";
import { z } from "zod";

const Call = z.looseObject({
  channel: z.string(),
  text: z.string(),
  blocks: z.string().transform((text): unknown => JSON.parse(text)),
});
const Update = z.looseObject({ ...Call.shape, ts: z.string() });

/**
 * The two methods of Slack's Web API that a bot of ours calls, answering as they are documented:
 * https://docs.slack.dev/reference/methods/chat.postMessage and …/chat.update. `POST /refuse` with `{ error, retryAfter? }` makes
 * the next call fail with that error.
 */
export function slackApi(record: (channel: "slack" | "slack-update", body: unknown) => void): Hono {
  const posted = new Set<string>();
  let refusal: { error: string; retryAfter?: number } | undefined;
  const app = new Hono();
  app.post("/refuse", async (context) => {
    refusal = await context.req.json();
    return context.body(null, 204);
  });
  app.use("/:method{chat\\..+}", async (context, next) => {
    const refused = refusal;
    refusal = undefined;
    if (refused?.error === "ratelimited")
      return context.json({ ok: false, error: refused.error }, 429, { "Retry-After": String(refused.retryAfter ?? 1) });
    if (refused) return context.json({ ok: false, error: refused.error });
    if (!/^Bearer xoxb-/.test(context.req.header("Authorization") ?? ""))
      return context.json({ ok: false, error: "invalid_auth" });
    return next();
  });
  app.post("/chat.postMessage", async (context) => {
    const message = Call.parse(await context.req.parseBody());
    const ts = `${Math.floor(Date.now() / 1000)}.${String(posted.size).padStart(6, "0")}`;
    posted.add(ts);
    record("slack", { ...message, ts });
    return context.json({ ok: true, channel: message.channel, ts, message });
  });
  app.post("/chat.update", async (context) => {
    const message = Update.parse(await context.req.parseBody());
    if (!posted.has(message.ts)) return context.json({ ok: false, error: "message_not_found" });
    record("slack-update", message);
    return context.json({ ok: true, channel: message.channel, ts: message.ts, text: message.text });
  });
  return app;
}
