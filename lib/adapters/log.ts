import { Logger } from "@aws-lambda-powertools/logger";
import type { Log } from "#ports/log.ts";

/** Powertools' structured lines behind our port. */
export const asLog = (logger: Logger): Log => ({
  info: (message, fields) => logger.info(message, fields ?? {}),
  error: (message, fields) => logger.error(message, fields ?? {}),
});

export const structuredLog = (serviceName: string): Log => asLog(new Logger({ serviceName }));
