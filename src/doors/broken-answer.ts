import { type RestartedEvent, StreamError } from "../index.ts";

/**
 * Frameworks pass on what they get at once and cannot withdraw it. So an answer that starts again, after something was delivered that is no
 * longer valid, ends with this error.
 */
export function brokenAnswer({ reason, delayMs }: RestartedEvent): StreamError {
  return new StreamError(
    `the stream broke (${reason}) after a part of the answer had been delivered, which cannot be withdrawn; send the request again, or without streaming`,
    { retryAfterMs: delayMs },
  );
}
