import { z } from "zod";
import type { Announcement, Severity } from "./announcement.ts";
import type { Problem } from "./problem.ts";

const ChannelName = z.enum(["slack", "sns", "pagerduty", "webhook"]);
const Channels = z.array(ChannelName);

/** Which channels hear what. `info` may be empty: nobody has to hear of what went well. */
export const Routes = z.strictObject({
  info: Channels.optional().describe("What went well."),
  warning: Channels.min(1).optional().describe("What wants a look by day, and restores."),
  critical: Channels.min(1).optional().describe("What wants somebody now."),
});
type Routes = z.infer<typeof Routes>;

/** What nobody's plan keeps from anybody: one person has gone on without the second one. */
const HEARD_EVERYWHERE = ["BreakGlass"];

/** The end of an alarm goes where the alarm went. Without a route a severity goes everywhere. */
export function isRouted(
  routes: Routes | undefined,
  { code, severity, alarm, only }: Pick<Announcement, "severity" | "alarm" | "only"> & { code?: string },
  channel: string,
): boolean {
  if (only !== undefined) return only === channel;
  if (code !== undefined && HEARD_EVERYWHERE.includes(code)) return true;
  const loudness: Severity = alarm?.severity ?? severity;
  const route: readonly string[] | undefined = routes?.[loudness];
  return route === undefined || route.includes(channel);
}

/** Routes to channels that the plan does not have: nobody would hear of it. */
export function routeProblems(tell: {
  slack?: unknown;
  pagerDuty?: unknown;
  webhook?: unknown;
  routes?: Routes | undefined;
}): Problem[] {
  const has = { slack: tell.slack, pagerduty: tell.pagerDuty, webhook: tell.webhook, sns: "always" };
  return Object.entries(tell.routes ?? {}).flatMap(([severity, channels]) =>
    (channels ?? []).flatMap((channel, index) =>
      has[channel] === undefined
        ? [{ path: `tell.routes.${severity}.${index}`, message: `the plan has no ${channel}: nobody would be told` }]
        : [],
    ),
  );
}
