import { z } from "zod";

const LambdaError = z.looseObject({ errorType: z.string(), errorMessage: z.string() });

/** A Lambda's error comes to a state machine as JSON; its name and message are what people read. */
export function readableCause(cause: string | null | undefined, error: string): string {
  if (!cause) return error;
  try {
    const { errorType, errorMessage } = LambdaError.parse(JSON.parse(cause));
    return `${errorType}: ${errorMessage}`;
  } catch {
    return cause;
  }
}
