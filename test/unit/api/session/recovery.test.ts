import { describe, expect, it } from "vitest";
import {
  IncompleteResponseError,
  InvalidRequestError,
  RateLimitError,
  RetryableError,
  ServerOverloadedError,
  UsageLimitReachedError,
} from "../../../../src/api/errors.ts";
import { providerLimits } from "../../../../src/api/provider.ts";
import { openaiProvider } from "../../../../src/api/providers.ts";
import { type Failure, recoveryFrom } from "../../../../src/api/session/recovery.ts";
import { systemClock } from "../../../../src/client/clock.ts";
import {
  AbortedError,
  BuildError,
  HttpError,
  NetworkError,
  StreamError,
  TimeoutError,
} from "../../../../src/client/errors.ts";

const limits = providerLimits(
  openaiProvider({ env: {}, maxStreamRetries: 2, retry: { baseDelayMs: 100, maxRetryAfterMs: 5000 } }),
);
const http = (status: number, headers = {}) => new HttpError("refused", { status, headers, body: "" });
const stream = new StreamError("closed");

/** What is done about `error`; by default in the middle of the first stream on a WebSocket. */
function recover(error: unknown, more: Partial<Failure> = {}) {
  const failure = {
    error,
    carrier: "websocket",
    isOpening: false,
    wasIdle: false,
    retries: 0,
    mayFallBack: true,
  } as const;
  return recoveryFrom({ ...failure, ...more }, limits, timing);
}

const timing = { clock: { ...systemClock, now: () => Date.UTC(2026, 2, 13) }, random: () => 0.5 };

describe("a stream that failed", () => {
  it.each([
    ["stream", stream],
    ["time-out", new TimeoutError("idle", { phase: "idle", timeoutMs: 1 })],
    ["network", new NetworkError("reset")],
    ["retryable", new RetryableError("again")],
    ["401", http(401)],
    ["500", http(500)],
    ["503", http(503)],
  ])("%s: waits and tries again, longer each time", (_what, error) => {
    expect(recover(error)).toEqual({ action: "retry", delayMs: 100 });
    expect(recover(error, { retries: 1 })).toEqual({ action: "retry", delayMs: 200 });
  });

  it.each([
    ["aborted", new AbortedError("no")],
    ["build", new BuildError("no")],
    ["an untrusted certificate", new NetworkError("untrusted", { retryable: false })],
    ["incomplete", new IncompleteResponseError("content_filter")],
    ["usage limit", new UsageLimitReachedError("limit")],
    ["rate limit", new RateLimitError("slow", { retryAfterMs: 1 })],
    ["overloaded", new ServerOverloadedError("full")],
    ["invalid request", new InvalidRequestError("no")],
    ["no error of ours", new TypeError("bug")],
  ])("%s: is the caller's", (_what, error) => {
    expect(recover(error)).toEqual({ action: "give_up" });
    expect(recover(error, { wasIdle: true, retries: 9 })).toEqual({ action: "give_up" });
  });

  it.each([
    ["the error's own delay", new RetryableError("again", { retryAfterMs: 1234 }), 1234],
    ["within the cap", new RetryableError("again", { retryAfterMs: 60_000 }), 5000],
    ["none at all", new RetryableError("again", { retryAfterMs: 0 }), 0],
    ["the header of an answer", http(503, { "retry-after": "2" }), 2000],
    ["a date in it", http(503, { "retry-after": "Fri, 13 Mar 2026 00:00:03 GMT" }), 3000],
  ])("waits as the server says: %s", (_what, error, delayMs) => {
    expect(recover(error)).toEqual({ action: "retry", delayMs });
  });

  it("falls back when the budget is spent and it may, else gives up", () => {
    expect(recover(stream, { retries: 2 })).toEqual({ action: "fall_back" });
    expect(recover(stream, { retries: 2, mayFallBack: false })).toEqual({ action: "give_up" });
  });

  it("429 is tried again over the WebSocket where the policy says so; over HTTP that is done already", () => {
    const patient = { ...limits, retry: { ...limits.retry, retry429: true } };
    const failure = {
      error: new RateLimitError("slow"),
      isOpening: false,
      wasIdle: false,
      retries: 0,
      mayFallBack: false,
    };
    expect(recoveryFrom({ ...failure, carrier: "websocket" }, patient, timing).action).toBe("retry");
    expect(recoveryFrom({ ...failure, carrier: "http" }, patient, timing).action).toBe("give_up");
  });
});

describe("a connection that was idle", () => {
  it.each([
    ["closed", stream],
    ["reset", new NetworkError("reset")],
    ["too old", new RetryableError("limit", { code: "websocket_connection_limit_reached" })],
    ["forgetful", new RetryableError("gone", { code: "previous_response_not_found" })],
  ])("%s: is replaced, whatever the budget; a new one is not", (_what, error) => {
    expect(recover(error, { wasIdle: true, retries: 9 })).toEqual({ action: "replace" });
    expect(recover(error).action).toBe("retry");
  });

  it.each([
    ["an answer that failed", new RetryableError("again", { code: "server_error" })],
    ["silence", new TimeoutError("idle", { phase: "idle", timeoutMs: 1 })],
    ["a refusal", http(500)],
  ])("%s says nothing about the connection", (_what, error) => {
    expect(recover(error, { wasIdle: true }).action).toBe("retry");
  });
});

describe("a WebSocket that cannot be opened", () => {
  const opening = { isOpening: true } as const;

  it.each([
    ["426", http(426)],
    ["403", http(403)],
    ["503", http(503)],
    ["400", new InvalidRequestError("no", { status: 400 })],
    ["at capacity", new ServerOverloadedError("full", { status: 503 })],
    ["time-out", new TimeoutError("connect", { phase: "connect", timeoutMs: 1 })],
    ["untrusted", new NetworkError("untrusted", { retryable: false })],
    ["hung up", stream],
  ])("%s: falls back at once; without HTTP it goes by the table", (_what, error) => {
    expect(recover(error, opening)).toEqual({ action: "fall_back" });
    expect(recover(error, { ...opening, mayFallBack: false })).toEqual(recover(error, { mayFallBack: false }));
  });

  it("401 and 429 would meet HTTP too", () => {
    expect(recover(http(401), opening).action).toBe("retry");
    expect(recover(new RateLimitError("slow", { status: 429 }), opening).action).toBe("give_up");
    expect(recover(new UsageLimitReachedError("limit", { status: 429 }), opening).action).toBe("give_up");
  });

  it("an abort and a request that cannot be built are the caller's", () => {
    expect(recover(new AbortedError("no"), opening).action).toBe("give_up");
    expect(recover(new BuildError("no"), opening).action).toBe("give_up");
    expect(recover(new TypeError("bug"), opening).action).toBe("give_up");
  });
});
