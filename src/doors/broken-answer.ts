import { type RestartedEvent, StreamError } from "../index.ts";

/**
 * Frameworks pass on what they are given at once and have no way to take it back. So an answer that begins anew, after something was delivered that no
 * longer stands, ends with this error.
 */
export function brokenAnswer({ reason, delayMs }: RestartedEvent): StreamError {
  return new StreamError(
    `the stream broke (${reason}) after a part of the answer had been delivered, which cannot be taken back; ask again, or ask without streaming`,
    { retryAfterMs: delayMs },
  );
}
