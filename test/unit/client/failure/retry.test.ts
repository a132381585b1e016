import { describe, expect, it } from "vitest";
import {
  AbortedError,
  BuildError,
  HttpError,
  NetworkError,
  StreamError,
  TimeoutError,
} from "../../../../src/client/failure/kinds.ts";
import type { RetryNotice } from "../../../../src/client/observe/telemetry.ts";
import {
  backoffDelayMs,
  defaultRetryPolicy,
  isTriedAgain,
  type RetrySettings,
  retrySettings,
  timingOf,
} from "../../../../src/client/retry/policy.ts";
import { withRetries } from "../../../../src/client/retry/retry.ts";
import type { Clock } from "../../../../src/client/waiting/clock.ts";

const http = (status: number, headers: Record<string, string> = {}) =>
  new HttpError(`status ${status}`, { status, headers, body: "" });
const timeout = new TimeoutError("late", { phase: "headers", timeoutMs: 1 });

/** Sleeps at once and remembers how long it should have. */
function fakeClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => Date.parse("2026-01-01T00:00:00Z"),
    async sleep(ms, signal) {
      if (signal?.aborted) throw new AbortedError(signal.reason);
      slept.push(ms);
    },
  };
}

async function failingWith(errors: readonly unknown[], policy: Partial<RetrySettings> = {}) {
  const clock = fakeClock();
  const notices: RetryNotice[] = [];
  const attempts: number[] = [];
  const outcome = await withRetries(
    { ...defaultRetryPolicy, ...policy },
    async (attempt) => {
      attempts.push(attempt);
      if (attempt < errors.length) throw errors[attempt];
      return "done";
    },
    { clock, random: () => 0.5, telemetry: { onRetry: (notice) => notices.push(notice) } },
  ).catch((error: unknown) => error);
  return { outcome, attempts, slept: clock.slept, notices };
}

describe("the delay before a retry", () => {
  it.each([
    [1, 0, 180],
    [1, 0.5, 200],
    [2, 0.5, 400],
    [3, 0.5, 800],
    [4, 0.5, 1600],
    [4, 0.999999, 1760],
  ])("for retry %i with random %d is about %i ms", (retry, random, expected) => {
    expect(backoffDelayMs(200, retry, () => random)).toBeCloseTo(expected, 2);
  });
});

const untrusted = new NetworkError("tls", { outlook: "never", phase: "tls" });
const ended = new NetworkError("no such host", { outlook: "never", phase: "connect" });
const passing = new NetworkError("tls", { outlook: "again", phase: "tls" });

describe("what is retried", () => {
  it.each([
    ["a promise", () => Promise.resolve(true)],
    ["a number", () => 1],
    ["null", () => null],
  ])("cannot be decided by %s", (_what, shouldRetry) => {
    const at = { carrier: "http", step: "request", layer: "request", attempt: 0 } as const;
    const policy = { ...defaultRetryPolicy, shouldRetry: shouldRetry as never };
    expect(() => isTriedAgain(policy, http(503), at)).toThrow(
      /^shouldRetry of the retry policy returned [^\n]*not a promise$/,
    );
  });

  it.each<[string, unknown, Partial<RetrySettings>, boolean]>([
    ["500", http(500), {}, true],
    ["529", http(529), {}, true],
    ["599", http(599), {}, true],
    ["600", http(600), {}, false],
    ["5xx switched off", http(503), { retry5xx: false }, false],
    ["500 with 5xx switched off", http(500), { retry5xx: false }, false],
    ["429", http(429), {}, false],
    ["429 switched on", http(429), { retry429: true }, true],
    ["401", http(401), { retry429: true }, false],
    ["408", http(408), {}, false],
    ["a time-out", timeout, {}, true],
    ["a network error", new NetworkError("reset"), {}, true],
    ["transport switched off", new NetworkError("reset"), { retryTransport: false }, false],
    ["an untrusted certificate", new NetworkError("tls", { outlook: "never" }), {}, false],
    ["a build error", new BuildError("bad"), {}, false],
    ["an abort", new AbortedError("x"), {}, false],
    ["a broken stream", new StreamError("x"), {}, false],
    ["a foreign error", new Error("x"), {}, false],
    ["what the caller wants retried", http(404), { shouldRetry: () => true }, true],
    ["what the caller does not want retried", http(503), { shouldRetry: () => false }, false],
    ["what the caller leaves to the policy", http(503), { shouldRetry: () => undefined }, true],
    ["a connection that ended for good, if the caller wants it retried", ended, { shouldRetry: () => true }, true],
    ["an untrusted certificate, even then", untrusted, { shouldRetry: () => true }, false],
    ["a handshake, if the caller wants it retried", passing, { shouldRetry: () => true }, true],
  ])("%s", (_title, error, policy, expected) => {
    const at = { carrier: "http", step: "request", layer: "request", attempt: 0 } as const;
    expect(isTriedAgain({ ...defaultRetryPolicy, ...policy }, error, at)).toBe(expected);
  });
});

describe("retrying", () => {
  it("doubles the delay, announces each retry, and returns the first success", async () => {
    const run = await failingWith([http(500), timeout, http(502)]);
    expect(run.outcome).toBe("done");
    expect(run.attempts).toEqual([0, 1, 2, 3]);
    expect(run.slept).toEqual([200, 400, 800]);
    expect(run.notices.map(({ retry, maxRetries, delayMs, layer }) => ({ retry, maxRetries, delayMs, layer }))).toEqual(
      [
        { retry: 1, maxRetries: 4, delayMs: 200, layer: "request" },
        { retry: 2, maxRetries: 4, delayMs: 400, layer: "request" },
        { retry: 3, maxRetries: 4, delayMs: 800, layer: "request" },
      ],
    );
  });

  it("throws the last error after maxRetries extra sends", async () => {
    const last = http(503);
    const run = await failingWith([http(500), http(501), last, http(504)], { maxRetries: 2 });
    expect(run.outcome).toBe(last);
    expect(run.attempts).toEqual([0, 1, 2]);
  });

  // parity: retry/retry-after
  it("waits as long as the server says, up to the cap", async () => {
    const run = await failingWith([http(503, { "retry-after": "2" }), http(503, { "retry-after": "3600" })]);
    expect(run.slept).toEqual([2000, 60_000]);
  });

  it("does not send again after an abort during the wait", async () => {
    const abort = new AbortController();
    const attempts: number[] = [];
    const run = withRetries(
      { ...defaultRetryPolicy, baseDelayMs: 60_000 },
      async (attempt) => {
        attempts.push(attempt);
        queueMicrotask(() => abort.abort("enough"));
        throw http(500);
      },
      { signal: abort.signal },
    );
    await expect(run).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
    expect(attempts).toEqual([0]);
  });

  it("is not stopped by a hook that throws", async () => {
    const clock = fakeClock();
    const telemetry = {
      onRetry: () => {
        throw new Error("broken metric");
      },
    };
    const send = async (attempt: number) => {
      if (attempt === 0) throw http(500);
      return "done";
    };
    expect(await withRetries(defaultRetryPolicy, send, { clock, telemetry })).toBe("done");
  });

  it("retries at most 100 times", async () => {
    let sent = 0;
    const send = async () => {
      sent += 1;
      throw http(500);
    };
    const policy = { ...defaultRetryPolicy, maxRetries: 150, baseDelayMs: 0 };
    await expect(withRetries(policy, send, { clock: fakeClock() })).rejects.toMatchObject({ status: 500 });
    expect(sent).toBe(101);
  });

  it.each([Number.NaN, -1, 1.5, "3"])("refuses %j as the number of retries", async (maxRetries) => {
    const policy = { ...defaultRetryPolicy, maxRetries: maxRetries as number };
    await expect(withRetries(policy, async () => "sent")).rejects.toMatchObject({ kind: "build" });
  });
});

it("a caller's random numbers must be from 0 to below 1, and any other is named", () => {
  const spread = (value: unknown) => timingOf({ random: () => value as number }).random();
  for (const value of [0, 0.5, 0.999_999]) expect(spread(value)).toBe(value);
  for (const value of [-0.1, 1, 2, Number.NaN, "0.5", undefined])
    expect(() => spread(value)).toThrow(/^random\(\) that was given gave/);
});

it("an invalid number of retries is named with its option", () => {
  expect(() => retrySettings({ maxRetries: -1 }, "retry.")).toThrow(/^retry\.maxRetries/);
  expect(() => retrySettings({ maxRetries: -1 })).toThrow(/^maxRetries/);
});
