import { Logger } from "@aws-lambda-powertools/logger";
import type { RunLog } from "#ports/log.ts";

/** Powertools' structured lines behind our port. */
export const asLog = (logger: Logger): RunLog => ({
  info: (message, fields) => logger.info(message, fields ?? {}),
  error: (message, fields) => logger.error(message, fields ?? {}),
  belongsTo: (run) => logger.setCorrelationId(run),
});

export const structuredLog = (serviceName: string): RunLog => asLog(new Logger({ serviceName }));
