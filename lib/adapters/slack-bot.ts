import { LogLevel, WebClient } from "@slack/web-api";
import type { Announcement } from "#domain/announcement.ts";
import { AnnouncementFailed, describeError } from "#domain/errors.ts";
import type { RestoreId } from "#domain/ids.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Secrets } from "#ports/keys.ts";
import type { Channel } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { slackMessage } from "./slack.ts";

const TIMEOUT_MS = 10_000;
const RETRIES = 2;

type Ports = { secrets: Secrets; repository: Repository; layout: RepositoryLayout };
type Bot = { botTokenSecret: string; channel: string; apiOrigin: string };

/**
 * A channel of Slack by a bot's token (`chat:write`): one message per restore, which is changed as the restore goes on, and
 * whose end is said once more in its thread. The token is a secret (`{ "token": … }`) and is read for each message.
 * What Slack calls the message (`ts`) is an object of the run. Told to slow down, it throws: whoever calls comes again later.
 */
export function slackBot({ secrets, repository, layout }: Ports, { botTokenSecret, channel, apiOrigin }: Bot): Channel {
  const keyOf = (restoreId: RestoreId) => layout.announced(restoreId, "message-by-slack");
  const messageOf = async (restoreId: RestoreId) => {
    const kept = await repository.read(keyOf(restoreId));
    return kept && new TextDecoder().decode(kept);
  };
  const speak = async <T>(work: (slack: WebClient) => Promise<T>): Promise<T> => {
    const { token } = await secrets.read(botTokenSecret);
    if (token === undefined) throw new AnnouncementFailed("The Slack secret has no token");
    const slack = new WebClient(token, {
      slackApiUrl: `${apiOrigin}/api/`,
      fetch: guardedFetch(apiOrigin),
      ...{ timeout: TIMEOUT_MS, retryConfig: { retries: RETRIES, maxTimeout: TIMEOUT_MS } },
      ...{ rejectRateLimitedCalls: true, logLevel: LogLevel.ERROR },
    });
    try {
      return await work(slack);
    } catch (error) {
      const words = describeError(error).message.replaceAll(token, "(the token)");
      throw new AnnouncementFailed(`Slack did not take the message: ${words}`);
    }
  };
  const change = (ts: string, announcement: Announcement) =>
    speak((slack) => slack.chat.update({ ...slackMessage(announcement), channel, ts }));
  const post = async (announcement: Announcement, threadOf?: string): Promise<string> => {
    const thread = threadOf === undefined ? {} : { thread_ts: threadOf };
    const { ts } = await speak((slack) =>
      slack.chat.postMessage({ ...slackMessage(announcement), ...thread, channel }),
    );
    return ts ?? "";
  };
  return {
    name: "slack",
    async tell(announcement) {
      const { restore } = announcement;
      const ts = restore && (await messageOf(restore.restoreId));
      if (ts !== undefined && restore?.is === "ended") await change(ts, announcement);
      const posted = await post(announcement, ts);
      if (restore?.is === "begun") await repository.create(keyOf(restore.restoreId), posted);
    },
    async update(announcement) {
      const ts = announcement.restore && (await messageOf(announcement.restore.restoreId));
      if (ts !== undefined) await change(ts, announcement);
    },
  };
}
