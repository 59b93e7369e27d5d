import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import { z } from "zod";
import { asLog } from "#adapters/log.ts";
import { InputInvalid } from "#domain/errors.ts";

const logger = new Logger({ serviceName: "holdfast" });
export const log = asLog(logger);

/**
 * Every Lambda: its input is parsed once, with every problem in one `InputInvalid`, and what it throws leaves untouched,
 * so that a state machine can match on the name.
 */
export const defineTask = <Schema extends z.ZodType, Result>(
  input: Schema,
  work: (input: z.output<Schema>, call: { requestId: string }) => Promise<Result>,
) =>
  middy<unknown, Result>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .handler(async (event, { awsRequestId }) => {
      const parsed = input.safeParse(event);
      if (!parsed.success) throw new InputInvalid(`The input is wrong:\n${z.prettifyError(parsed.error)}`);
      return work(parsed.data, { requestId: awsRequestId });
    });
