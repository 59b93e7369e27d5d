import { createHmac } from "node:crypto";
import { AnnouncementFailed, describeError } from "#domain/errors.ts";
import type { Secrets } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Channel } from "#ports/messaging.ts";
import { postJson } from "./post-json.ts";

type Webhook = { secret: string; origin: string };

/**
 * Every announcement as it is, as JSON, to an address of the operator's own. The secret holds it and a key
 * (`{ "url": …, "signingKey": … }`): `X-Holdfast-Signature` is the HMAC-SHA256 (hex) of `<X-Holdfast-Timestamp>.<body>`, so that
 * the receiver knows who calls, and that it is not an old call once more.
 */
export const webhook = (
  { secrets, stage, clock }: { secrets: Secrets; stage: string; clock: Clock },
  { secret, origin }: Webhook,
  patience?: Parameters<typeof postJson>[3],
): Channel => ({
  name: "webhook",
  takesEach: true,
  async tell(announcement) {
    const { url, signingKey } = await secrets.read(secret);
    if (url === undefined || signingKey === undefined)
      throw new AnnouncementFailed("The webhook's secret needs url and signingKey");
    const body = JSON.stringify({ stage, ...announcement });
    const timestamp = String(Math.floor(clock().getTime() / 1000));
    const signature = createHmac("sha256", signingKey).update(`${timestamp}.${body}`).digest("hex");
    const headers = { "x-holdfast-timestamp": timestamp, "x-holdfast-signature": `sha256=${signature}` };
    try {
      await postJson({ origin, url }, body, headers, patience);
    } catch (error) {
      const words = describeError(error).message.replaceAll(url, "(the webhook)");
      throw new AnnouncementFailed(`The webhook did not take the message: ${words}`);
    }
  },
});
