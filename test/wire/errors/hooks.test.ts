import type { LookupFunction } from "node:net";
import { describe, expect, it } from "vitest";
import type { ProviderConfig } from "../../../src/api/provider.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { ServiceOptions } from "../../../src/api/service/options.ts";
import { ResponsesSession } from "../../../src/api/session/session.ts";
import { createDialer } from "../../../src/client/route/index.ts";
import { createTrust } from "../../../src/client/trust/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { everyHook } from "../../support/every-hook.ts";
import { errorOf } from "../../support/transport.ts";

const CARRIERS = ["http", "websocket"] as const;
const request = { model: "m", input: "hi" };
const never = (): never => new Promise<never>(() => {}) as never;
const throws = (): never => {
  throw new TypeError("a bug of the caller's");
};
const rejects = async (): Promise<never> => throws();

/** The result of a call with `options` on each carrier. */
async function call(
  url: string,
  carrier: (typeof CARRIERS)[number],
  options: Partial<ServiceOptions>,
  provider: Partial<ProviderConfig> = {},
) {
  await using session = new ResponsesSession({ ...clientOptions(url, provider), ...options, carrier });
  return await (await session.stream(request)).collect();
}

describe.each(CARRIERS)("an auth provider, over %s", (carrier) => {
  it.each(["bearerToken", "accountId", "headers"])(
    "whose %s throws: what it threw, and nothing is sent",
    async (method) => {
      for (const hook of [throws, rejects]) {
        const emulator = await emulate();
        const error = await errorOf(call(emulator.url, carrier, { auth: { bearerToken: () => "t", [method]: hook } }));
        expect(error).toBeInstanceOf(TypeError);
        expect(error).toMatchObject({ message: "a bug of the caller's" });
        expect(emulator.requests).toEqual([]);
      }
    },
  );

  it.each(["bearerToken", "accountId", "headers"])(
    "whose %s never answers: a time-out that names it, at once final",
    async (method) => {
      const emulator = await emulate();
      const auth = { bearerToken: () => "t", [method]: never };
      const error = await errorOf(call(emulator.url, carrier, { auth }, { headersTimeoutMs: 50 }));
      expect(error).toMatchObject({
        kind: "timeout",
        outlook: "never",
        timeoutMs: 50,
        message: expect.stringContaining(`${method}() of the auth provider did not return within 50 ms`),
      });
      expect(emulator.requests).toEqual([]);
    },
  );

  it("whose onUnauthorized never answers: a time-out that names it", async () => {
    const emulator = await emulate({ requireAuth: "other" });
    const auth = { bearerToken: () => "t", onUnauthorized: never };
    const error = await errorOf(call(emulator.url, carrier, { auth }, { headersTimeoutMs: 200 }));
    expect(error).toMatchObject({ kind: "timeout", message: expect.stringContaining("onUnauthorized()") });
  });

  it.each<[string, object]>([
    ["a number for a token", { bearerToken: () => 7 }],
    ["an object for a token", { bearerToken: () => ({ token: "t" }) }],
    ["an empty token", { bearerToken: () => "" }],
    ["a token with a line end", { bearerToken: () => "t\n" }],
    ["a text for headers", { headers: () => "authorization: t" }],
    ["a list for headers", { headers: () => [["authorization", "t"]] }],
    ["a Headers object", { headers: () => new Headers({ authorization: "t" }) }],
    ["headers whose values are none", { headers: () => ({ authorization: 7 }) }],
    ["headers whose names are none", { headers: () => ({ "a b": "t" }) }],
  ])("that gives %s: a build error, and nothing is sent", async (_what, auth) => {
    const emulator = await emulate();
    const error = await errorOf(call(emulator.url, carrier, { auth: auth as never }));
    expect(error).toMatchObject({ kind: "build" });
    expect(emulator.requests).toEqual([]);
  });
});

describe.each(CARRIERS)("observers, over %s", (carrier) => {
  const broken = { events: [{ type: "response.nobody_knows" }], terminateAfterEvents: 1 };

  it.each<[string, () => unknown]>([
    ["throw", throws],
    ["reject", rejects],
    ["never answer", never],
    ["answer nonsense", () => Object.create(null)],
  ])("that %s change nothing", async (_what, hook) => {
    const emulator = await emulate({ script: [broken] });
    const called = new Set<string>();
    const heard = (name: string) => (): unknown => {
      called.add(name);
      return hook();
    };
    const telemetry = everyHook(heard);
    const logger = Object.fromEntries(["debug", "info", "warn", "error"].map((name) => [name, heard(name)]));
    const { text } = await call(emulator.url, carrier, { telemetry, logger } as never, { retry: { baseDelayMs: 1 } });
    expect(text).not.toBe("");
    expect([...called]).toEqual(
      expect.arrayContaining(["onCallStart", "onCallEnd", "onRetry", "onStreamPoll", "debug", "warn"]),
    );
  });

  it("a logger without methods changes nothing", async () => {
    const emulator = await emulate({ script: [broken] });
    const answer = await call(emulator.url, carrier, { logger: {} as never }, { retry: { baseDelayMs: 1 } });
    expect(answer.text).not.toBe("");
  });
});

describe("what decides about retries", () => {
  const failing = { status: 503, headers: { "retry-after": new Date(Date.now() + 3_600_000).toUTCString() }, body: {} };
  const ask = async (options: Partial<ServiceOptions>, provider: Partial<ProviderConfig> = {}) => {
    const emulator = await emulate({ script: [failing] });
    const retry = { maxRetries: 2, baseDelayMs: 1, ...provider.retry };
    return new ResponsesClient({ ...clientOptions(emulator.url, { retry }), ...options }).stream(request);
  };
  const clock = { now: () => 0, sleep: async () => {} };

  it.each<[string, Partial<ServiceOptions>, RegExp]>([
    [
      "a clock whose now throws",
      { clock: { ...clock, now: throws } },
      /^now\(\) of the clock that was given threw TypeError: a bug/,
    ],
    [
      "a clock whose now is no time",
      { clock: { ...clock, now: () => Number.NaN } },
      /^now\(\) of the clock that was given gave NaN/,
    ],
    [
      "a clock whose sleep throws",
      { clock: { ...clock, sleep: throws } },
      /^sleep\(\) of the clock that was given threw TypeError: a bug/,
    ],
    [
      "a clock whose sleep rejects with nothing",
      { clock: { ...clock, sleep: () => Promise.reject(undefined) } },
      /threw undefined/,
    ],
  ])("%s is told as such", async (_what, options, message) => {
    expect(await errorOf(ask(options))).toMatchObject({ kind: "build", message: expect.stringMatching(message) });
  });

  it.each([
    ["no number", () => "x" as never, /gave 'x'/],
    ["a number beyond its range", () => 7, /gave 7/],
    ["an error", throws, /threw TypeError/],
  ])("chance that is %s is told as such", async (_what, random, message) => {
    const emulator = await emulate({ script: [{ status: 503, body: {} }] });
    const client = new ResponsesClient({ ...clientOptions(emulator.url, { retry: { baseDelayMs: 1 } }), random });
    expect(await errorOf(client.stream(request))).toMatchObject({
      kind: "build",
      message: expect.stringMatching(message),
    });
  });

  it("a clock that never wakes is left with the caller's abort", async () => {
    const abort = new AbortController();
    const emulator = await emulate({ script: [failing] });
    const telemetry = { onRetry: () => setImmediate(() => abort.abort("enough")) };
    const options = { ...clientOptions(emulator.url, {}), clock: { now: () => 0, sleep: never }, telemetry };
    const error = await errorOf(new ResponsesClient(options).stream(request, { signal: abort.signal }));
    expect(error).toMatchObject({ kind: "aborted", cause: "enough" });
  });

  it.each<[string, () => unknown, RegExp]>([
    ["throws", throws, /^shouldRetry of the retry policy threw TypeError: a bug .*503/],
    ["answers a promise", async () => false, /^shouldRetry of the retry policy returned Promise/],
    ["answers a text", () => "no", /returned 'no'/],
  ])("shouldRetry that %s is told as such", async (_what, shouldRetry, message) => {
    const error = await errorOf(ask({}, { retry: { shouldRetry: shouldRetry as never } }));
    expect(error).toMatchObject({ kind: "build", message: expect.stringMatching(message) });
  });
});

describe("a lookup function", () => {
  const dial = (lookup: unknown, timeoutMs = 5_000) =>
    createDialer({ trust: createTrust({ env: {} }), env: {}, lookup: lookup as LookupFunction }).dial(
      { protocol: "http:", hostname: "name.example", port: 80 },
      { timeoutMs },
    );
  type Callback = (error: unknown, address?: unknown, family?: unknown) => void;

  it.each<[string, unknown, RegExp]>([
    ["throws", throws, /threw TypeError: a bug of the caller's for host name name\.example/],
    ["is async and rejects", rejects, /threw TypeError: a bug/],
    [
      "answers nothing",
      (_host: string, _options: object, done: Callback) => done(null),
      /answered undefined, which is not an IP address/,
    ],
    [
      "answers a name",
      (_host: string, _options: object, done: Callback) => done(null, "other.example", 4),
      /answered 'other\.example'/,
    ],
    ["answers an empty list", (_host: string, _options: object, done: Callback) => done(null, []), /answered \[\]/],
    [
      "answers a list of nonsense",
      (_host: string, _options: object, done: Callback) => done(null, [null, { address: 7 }]),
      /which is not an IP address/,
    ],
    [
      "fails with a text",
      (_host: string, _options: object, done: Callback) => done("no such host"),
      /failed with 'no such host'/,
    ],
  ])("that %s is told as such", async (_what, lookup, message) => {
    const error = await errorOf(dial(lookup));
    expect(error).toMatchObject({ kind: "build", message: expect.stringMatching(message) });
  });

  it("whose error is one of DNS's is a failure of DNS", async () => {
    const failure = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    const error = await errorOf(dial((_host: string, _options: object, done: Callback) => done(failure)));
    expect(error).toMatchObject({ kind: "network", phase: "dns", code: "ENOTFOUND" });
  });

  it("that never answers is a time-out of the look-up", async () => {
    const error = await errorOf(dial(() => {}, 50));
    expect(error).toMatchObject({ kind: "timeout", phase: "connect", message: expect.stringMatching(/DNS|name/) });
  });
});
