import pWaitFor from "p-wait-for";
import { z } from "zod";

const Ping = z.object({ at: z.string(), isWell: z.boolean(), text: z.string() });
const Message = z.object({
  at: z.string(),
  channel: z.enum(["slack", "slack-update", "sns"]),
  body: z.unknown(),
});
export type Message = z.infer<typeof Message>;
const Received = z.looseObject({ channel: z.string(), body: z.unknown() });
const isMachine = (channel: string) => channel === "pagerduty" || channel === "webhook";

/** What people and machines were told: everything that the sink has received since it was cleared. */
export function sinkMessages(sink: string) {
  const received = async () => z.array(Received).parse(await (await fetch(`${sink}/messages`)).json());
  const messages = async () => z.array(Message).parse((await received()).filter(({ channel }) => !isMachine(channel)));
  return {
    messages,
    asText,
    /** The last signal of the watcher to somebody outside. */
    async lastPing() {
      return z
        .array(Ping)
        .parse(await (await fetch(`${sink}/pings`)).json())
        .at(-1);
    },
    /** What PagerDuty, or the signed webhook, was sent. */
    async sentTo(channel: "pagerduty" | "webhook"): Promise<unknown[]> {
      return (await received()).filter((one) => one.channel === channel).map(({ body }) => body);
    },
    clearMessages: async () => void (await fetch(`${sink}/messages`, { method: "DELETE" })),
    /** Waits until a message has come that `isIt`. */
    async message(isIt: (text: string, channel: string) => boolean, timeoutMs = 60_000): Promise<Message> {
      let found: Message | undefined;
      await pWaitFor(
        async () => {
          found = (await messages()).find((one) => isIt(asText(one), one.channel));
          return found !== undefined;
        },
        { interval: 200, timeout: { milliseconds: timeoutMs, message: "no such message came" } },
      );
      return found as Message;
    },
  };
}

/** The words of a message, whichever channel brought it. */
function asText({ channel, body }: Message): string {
  if (channel !== "sns") return z.looseObject({ text: z.string() }).parse(body).text;
  const { Subject = "", Message: words } = z
    .looseObject({ Subject: z.string().optional(), Message: z.string() })
    .parse(body);
  return words.startsWith(Subject) ? words : `${Subject}\n${words}`;
}
