import { IncomingWebhook } from "@slack/webhook";
import { Blocks, Md, Message } from "slack-block-builder";
import { type Announcement, asText } from "#domain/announcement.ts";
import { AnnouncementFailed, describeError } from "#domain/errors.ts";
import type { Secrets } from "#ports/keys.ts";
import type { Channel } from "#ports/messaging.ts";
import { guardedFetch } from "./guarded-fetch.ts";

const SIGN = { info: ":white_check_mark:", warning: ":warning:", critical: ":rotating_light:" };
/** Slack's limits: https://docs.slack.dev/reference/block-kit/blocks/section-block */
const SECTION_CHARACTERS = 2_900;
const HEADER_CHARACTERS = 150;
const TIMEOUT_MS = 10_000;

/** Names come from databases and files: nothing in them may become a mention or a link (https://docs.slack.dev/messaging/formatting-message-text). */
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const section = (text: string) => Blocks.Section({ text: text.slice(0, SECTION_CHARACTERS) });

export const slackMessage = (announcement: Announcement) => {
  const { severity, title, happened, intact, next, figures } = announcement;
  return Message({ text: escaped(asText(announcement)).slice(0, SECTION_CHARACTERS) })
    .blocks(
      Blocks.Header({ text: `${SIGN[severity]} ${title}`.slice(0, HEADER_CHARACTERS) }),
      section(happened.map(escaped).join("\n")),
      section(`${Md.bold("Intact")}: ${escaped(intact)}`),
      section(
        `${Md.bold("Next")}: ${escaped(next.say)}${next.command === undefined ? "" : `\n${Md.codeBlock(escaped(next.command))}`}`,
      ),
      figures.length > 0
        ? Blocks.Context().elements(
            figures.map(({ label, value }) => `${escaped(label)}: ${escaped(value)}`).join("  ·  "),
          )
        : undefined,
    )
    .buildToObject();
};

type Webhook = { webhookSecret: string; webhookOrigin: string };

/** The webhook's URL is a secret (`{ "url": … }`) and is read for each message, so that it can be rotated. */
export const slackChannel = (secrets: Secrets, { webhookSecret, webhookOrigin }: Webhook): Channel => ({
  name: "slack",
  async tell(announcement) {
    const { url } = await secrets.read(webhookSecret);
    if (url === undefined) throw new AnnouncementFailed("The Slack secret has no url");
    try {
      await new IncomingWebhook(url, { timeout: TIMEOUT_MS, fetch: guardedFetch(webhookOrigin) }).send(
        slackMessage(announcement),
      );
    } catch (error) {
      throw new AnnouncementFailed(
        `Slack did not take the message: ${describeError(error).message.replaceAll(url, "(the webhook)")}`,
      );
    }
  },
});
