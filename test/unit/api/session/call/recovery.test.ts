import { describe, expect, it } from "vitest";
import { providerLimits } from "../../../../../src/api/provider.ts";
import { openaiProvider } from "../../../../../src/api/providers.ts";
import { mapHttpError } from "../../../../../src/api/refusal/answer.ts";
import {
  IncompleteError,
  InvalidRequestError,
  RateLimitError,
  RetryableError,
  ServerOverloadedError,
  UsageLimitReachedError,
} from "../../../../../src/api/refusal/kinds.ts";
import { type FailedAttempt, isBreak, recoveryFrom } from "../../../../../src/api/session/call/recovery.ts";
import {
  AbortedError,
  BuildError,
  HttpError,
  LimitError,
  NetworkError,
  ProtocolError,
  StreamError,
  TimeoutError,
} from "../../../../../src/client/failure/kinds.ts";
import { systemClock } from "../../../../../src/client/waiting/clock.ts";

const limits = providerLimits(
  openaiProvider({ env: {}, maxStreamRetries: 2, retry: { baseDelayMs: 100, maxRetryAfterMs: 5000 } }),
);
const http = (status: number, headers = {}) => new HttpError("refused", { status, headers, body: "" });
const stream = new StreamError("closed");

/** What is done about `error`, by default in the first stream on a WebSocket. */
function recover(error: unknown, more: Partial<FailedAttempt> = {}) {
  const failure = {
    error,
    carrier: "websocket",
    isOpening: false,
    isBackground: false,
    endUnconfirmed: false,
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
    ["a status without a kind of its own", http(409)],
    ["500", http(500)],
    ["503", http(503)],
  ])("is retried after %s, with growing delays", (_what, error) => {
    expect(recover(error)).toEqual({ action: "retry", delayMs: 100 });
    expect(recover(error, { retries: 1 })).toEqual({ action: "retry", delayMs: 200 });
  });

  it.each([
    ["aborted", new AbortedError("no")],
    ["build", new BuildError("no")],
    ["an untrusted certificate", new NetworkError("untrusted", { outlook: "never" })],
    ["incomplete", new IncompleteError("content_filter")],
    ["usage limit", new UsageLimitReachedError("limit")],
    ["rate limit without a delay", new RateLimitError("slow")],
    ["403", http(403)],
    ["404", http(404)],
    ["a captive portal", http(511)],
    ["protocol", new ProtocolError("a page")],
    ["limit", new LimitError("large", { what: "event", limit: 1, unit: "bytes" })],
    ["overloaded", new ServerOverloadedError("full")],
    ["invalid request", new InvalidRequestError("no")],
    ["a foreign error", new TypeError("bug")],
  ])("is not retried after %s", (_what, error) => {
    expect(recover(error)).toEqual({ action: "give_up" });
    expect(recover(error, { wasIdle: true, retries: 9 })).toEqual({ action: "give_up" });
  });

  it.each([
    ["the error's own delay", new RetryableError("again", { retryAfterMs: 1234 }), 1234],
    ["within the cap", new RetryableError("again", { retryAfterMs: 60_000 }), 5000],
    ["none at all", new RetryableError("again", { retryAfterMs: 0 }), 0],
    ["the header of an answer", http(503, { "retry-after": "2" }), 2000],
    [
      "a date in it",
      mapHttpError(http(503, { "retry-after": "Fri, 13 Mar 2026 00:00:03 GMT" }), timing.clock.now()),
      3000,
    ],
  ])("waits as the server says: %s", (_what, error, delayMs) => {
    expect(recover(error)).toEqual({ action: "retry", delayMs });
  });

  it("is not requested again if its response continues in the background, or its answer has arrived", () => {
    expect(recover(stream, { isBackground: true })).toEqual({ action: "give_up" });
    expect(recover(stream, { endUnconfirmed: true })).toEqual({ action: "give_up" });
  });

  it("passes the step to the policy's shouldRetry", () => {
    const layers: string[] = [];
    const shouldRetry = (_error: unknown, { layer }: { readonly layer: string }): undefined => void layers.push(layer);
    const asking = { ...limits, retry: { ...limits.retry, shouldRetry } };
    const failure = { error: stream, carrier: "websocket", isBackground: false, endUnconfirmed: false } as const;
    const rest = { wasIdle: false, retries: 0, mayFallBack: false };
    recoveryFrom({ ...failure, ...rest, isOpening: true }, asking, timing);
    recoveryFrom({ ...failure, ...rest, isOpening: false }, asking, timing);
    expect(layers).toEqual(["handshake", "stream"]);
  });

  it("falls back when the retries are used up if allowed, else gives up", () => {
    expect(recover(stream, { retries: 2 })).toEqual({ action: "fall_back" });
    expect(recover(stream, { retries: 2, mayFallBack: false })).toEqual({ action: "give_up" });
  });

  it("with 429 is retried over the WebSocket if the policy says so, but not over HTTP, where that has happened already", () => {
    const patient = { ...limits, retry: { ...limits.retry, retry429: true } };
    const failure = {
      error: new RateLimitError("slow"),
      isOpening: false,
      isBackground: false,
      endUnconfirmed: false,
      wasIdle: false,
      retries: 0,
      mayFallBack: false,
    };
    expect(recoveryFrom({ ...failure, carrier: "websocket" }, patient, timing).action).toBe("retry");
    expect(recoveryFrom({ ...failure, carrier: "http" }, patient, timing).action).toBe("give_up");
  });
});

it.each([
  ["a stream that broke", stream, true],
  ["the network", new NetworkError("reset"), true],
  ["silence", new TimeoutError("idle", { phase: "idle", timeoutMs: 1 }), true],
  ["a response that failed", new RetryableError("again"), false],
  ["a bound", new LimitError("large", { what: "event", limit: 1, unit: "bytes" }), false],
  ["a refusal", http(500), false],
  ["a foreign error", new TypeError("bug"), false],
])("isBreak() recognises a stream that broke without a word of the service: %s", (_what, error, broke) => {
  expect(isBreak(error)).toBe(broke);
});

describe("a connection that was idle", () => {
  it.each([
    ["closed", stream],
    ["reset", new NetworkError("reset")],
    ["too old", new RetryableError("limit", { code: "websocket_connection_limit_reached" })],
    ["forgetful", new RetryableError("gone", { code: "previous_response_not_found" })],
  ])("is replaced after %s, whatever retries are left; a new one is not", (_what, error) => {
    expect(recover(error, { wasIdle: true, retries: 9 })).toEqual({ action: "replace" });
    expect(recover(error).action).toBe("retry");
  });

  it.each([
    ["an answer that failed", new RetryableError("again", { code: "server_error" })],
    ["silence", new TimeoutError("idle", { phase: "idle", timeoutMs: 1 })],
    ["a refusal", http(500)],
  ])("is not blamed for %s", (_what, error) => {
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
    ["untrusted", new NetworkError("untrusted", { outlook: "never" })],
    ["hung up", stream],
  ])("falls back at once after %s; without HTTP the table decides", (_what, error) => {
    expect(recover(error, opening)).toEqual({ action: "fall_back" });
    expect(recover(error, { ...opening, mayFallBack: false })).toEqual(recover(error, { mayFallBack: false }));
  });

  it("because all connections are full is left to the caller, since WebSockets work", () => {
    expect(recover(new LimitError("full", { what: "lanes", limit: 1, unit: "lanes" } as never), opening)).toEqual({
      action: "give_up",
    });
  });

  // parity: session/wrong-key
  it("a wrong key is sent once over HTTP; on an open WebSocket a new connection may have a new key", () => {
    expect(recover(http(401), { carrier: "http" }).action).toBe("give_up");
    expect(recover(http(401)).action).toBe("retry");
    expect(recover(http(401), { retries: 1 }).action).toBe("give_up");
  });

  it("a 429 that names a delay is retried after it, on each carrier and on a handshake", () => {
    const busy = new RateLimitError("slow", { status: 429, retryAfterMs: 70 });
    for (const at of [{ carrier: "http" } as const, {}, opening])
      expect(recover(busy, at)).toEqual({ action: "retry", delayMs: 70 });
  });

  it("with 401 or 429 does not fall back, because HTTP would get the same", () => {
    expect(recover(http(401), opening).action).toBe("give_up");
    expect(recover(new RateLimitError("slow", { status: 429 }), opening).action).toBe("give_up");
    expect(recover(new UsageLimitReachedError("limit", { status: 429 }), opening).action).toBe("give_up");
  });

  it("does not fall back after an abort or a request that cannot be built", () => {
    expect(recover(new AbortedError("no"), opening).action).toBe("give_up");
    expect(recover(new BuildError("no"), opening).action).toBe("give_up");
    expect(recover(new TypeError("bug"), opening).action).toBe("give_up");
  });
});
