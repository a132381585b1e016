import { BuildError } from "../failure/kinds.ts";
import type { At } from "../failure/outlook.ts";
import { announceRetry, type RetryObservers } from "../observe/telemetry.ts";
import { knownOptions } from "../options.ts";
import type { Clock } from "../waiting/clock.ts";
import { isTriedAgain, type RetryLayer, type RetryPolicy, retryDelayMs, retrySettings, timingOf } from "./policy.ts";

/** Options of a retry loop, besides its policy. */
export interface RetryContext extends RetryObservers {
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Where the work fails, if it does. Default: an HTTP request. */
  readonly at?: At | undefined;
}

const CONTEXT = knownOptions<RetryContext>("the options of withRetries()", {
  signal: true,
  clock: true,
  random: true,
  at: true,
  telemetry: true,
  logger: true,
});

const REQUEST: At = { carrier: "http", step: "request" };

/**
 * Runs `send` until it succeeds, fails permanently, or the retries are used up; then throws the last error.
 *
 * @param send - Called with the attempt's number, from 0. It builds the request again, so that credentials are fresh.
 * @throws {@link AbortedError} The signal fired during a delay. {@link BuildError} `maxRetries` is invalid, or an option is unknown.
 */
export async function withRetries<Result>(
  policy: RetryPolicy,
  send: (attempt: number) => Promise<Result>,
  context: RetryContext = {},
): Promise<Result> {
  CONTEXT(context);
  if (typeof send !== "function")
    throw new BuildError("send of withRetries() must be a function that sends the request");
  const { at = REQUEST } = context;
  const { clock, random } = timingOf(context);
  const settings = retrySettings(policy);
  const layer: RetryLayer = at.step === "request" ? "request" : "handshake";
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send(attempt);
    } catch (reason) {
      if (attempt >= settings.maxRetries || !isTriedAgain(settings, reason, { ...at, layer, attempt })) throw reason;
      const retry = attempt + 1;
      const delayMs = retryDelayMs(settings, reason, retry, random);
      announceRetry(context, { retry, maxRetries: settings.maxRetries, delayMs, reason, layer: "request" });
      await clock.sleep(delayMs, context.signal);
    }
  }
}
