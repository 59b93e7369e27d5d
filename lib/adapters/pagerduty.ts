import { type Announcement, asText } from "#domain/announcement.ts";
import { AnnouncementFailed, describeError } from "#domain/errors.ts";
import type { Secrets } from "#ports/keys.ts";
import type { Channel } from "#ports/messaging.ts";
import { postJson } from "./post-json.ts";

type PagerDuty = { routingKeySecret: string; origin: string };

/** PagerDuty's limit of a summary: https://developer.pagerduty.com/docs/events-api-v2-overview */
const SUMMARY_CHARACTERS = 1_024;

/**
 * Events API v2: an open alarm triggers, its end resolves, both under one key, so that PagerDuty knows them for the same. Takes
 * nothing else: that a backup went well wakes nobody. The routing key is a secret (`{ "routingKey": … }`), read for each event.
 */
export const pagerDuty = (
  { secrets, stage }: { secrets: Secrets; stage: string },
  { routingKeySecret, origin }: PagerDuty,
  patience?: Parameters<typeof postJson>[3],
): Channel => ({
  name: "pagerduty",
  takesEach: true,
  async tell(announcement) {
    const { alarm } = announcement;
    if (!alarm) return;
    const { routingKey } = await secrets.read(routingKeySecret);
    if (routingKey === undefined) throw new AnnouncementFailed("The PagerDuty secret has no routingKey");
    for (const source of alarm.sources) {
      const body = JSON.stringify({ routing_key: routingKey, ...eventOf(announcement, stage, source, alarm.isOpen) });
      try {
        await postJson({ origin, url: `${origin}/v2/enqueue` }, body, {}, patience);
      } catch (error) {
        const words = describeError(error).message.replaceAll(routingKey, "(the routing key)");
        throw new AnnouncementFailed(`PagerDuty did not take the event: ${words}`);
      }
    }
  },
});

function eventOf(announcement: Announcement, stage: string, source: string, isOpen: boolean) {
  const { code, severity, title, next } = announcement;
  const dedup_key = `holdfast/${stage}/${source}/${code}`;
  if (!isOpen) return { event_action: "resolve", dedup_key };
  const details = { next: next.say, command: next.command, message: asText(announcement) };
  const payload = {
    summary: title.slice(0, SUMMARY_CHARACTERS),
    source,
    severity,
    class: code,
    custom_details: details,
  };
  return { event_action: "trigger", dedup_key, client: `holdfast ${stage}`, payload };
}
