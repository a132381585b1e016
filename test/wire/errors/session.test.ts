import { describe, expect, it } from "vitest";
import type { CodexFailure } from "../../../src/api/refusal/kinds.ts";
import type { Step } from "../../../src/emulator/index.ts";
import { emulate } from "../../support/clients.ts";
import { asking, bodiesAt, handshakesAt, openSession, run } from "../session/support.ts";

const STREAM_RETRIES = 2;
const created = { type: "response.created", response: { id: "r" } };
const error = (fields: object) => ({ error: fields });
const failed = (fields: object): Step => ({ events: [created, { type: "response.failed", response: error(fields) }] });
const frame = (fields: object): Step => ({ events: [created, { type: "error", ...fields }] });
const page = { "content-type": "text/html" };

/** The result of a permanent failure in a session: its kind, what could help, and the number of requests on that carrier. */
interface Verdict {
  readonly kind: string;
  readonly outlook: string;
  readonly asked: number;
}

const once = 1;
const spent = STREAM_RETRIES + 1;

/** Over HTTP each request has its own retries, in addition to those of the stream: one here. */
const both = 2 * spent;

/** Expected values from the specification, not the code: the reference's tables, and deliberate differences. */
const answers: readonly (readonly [
  form: string,
  step: Step,
  kind: string,
  outlook: string,
  http: number,
  websocket: number,
])[] = [
  ["400", { status: 400, body: error({ message: "bad" }) }, "invalid_request", "never", once, once],
  ["401", { status: 401, body: {} }, "http", "never", once, 2],
  ["403", { status: 403, body: {} }, "http", "never", once, once],
  ["404", { status: 404, body: {} }, "http", "never", once, once],
  ["409", { status: 409, body: {} }, "http", "never", spent, spent],
  ["429 without a delay", { status: 429, body: {} }, "rate_limit", "again", once, once],
  [
    "429 with a delay",
    { status: 429, headers: { "retry-after-ms": "1" }, body: {} },
    "rate_limit",
    "again",
    spent,
    spent,
  ],
  [
    "429, a usage limit",
    { status: 429, body: error({ type: "usage_limit_reached" }) },
    "usage_limit_reached",
    "never",
    once,
    once,
  ],
  ["500", { status: 500, body: {} }, "http", "again", both, spent],
  [
    "503, at capacity",
    { status: 503, body: error({ code: "server_is_overloaded" }) },
    "server_overloaded",
    "never",
    2,
    once,
  ],
  ["503, slow down", { status: 503, body: error({ code: "slow_down" }) }, "retryable", "again", both, spent],
  ["failed: server error", failed({ code: "server_error" }), "retryable", "again", spent, spent],
  [
    "failed: rate limit",
    failed({ code: "rate_limit_exceeded", message: "try again in 1ms" }),
    "retryable",
    "again",
    spent,
    spent,
  ],
  ["failed: window", failed({ code: "context_length_exceeded" }), "context_window_exceeded", "never", once, once],
  ["failed: image", failed({ code: "invalid_image_url" }), "invalid_request", "never", once, once],
  ["failed: encrypted", failed({ code: "invalid_encrypted_content" }), "invalid_request", "never", once, once],
  ["failed: type", failed({ type: "invalid_request_error", message: "no" }), "invalid_request", "never", once, once],
  ["error without a status", frame({ code: "server_error", message: "boom" }), "retryable", "again", spent, spent],
  ["error with a number as code", frame({ error: { code: 429, message: "slow" } }), "rate_limit", "again", once, once],
  ["incomplete", { events: [created, { type: "response.incomplete" }] }, "incomplete", "never", once, once],
  ["cut", { events: [created], terminateAfterEvents: 1 }, "stream", "again", spent, spent],
  ["silence", { events: [created], stallAfterEvents: 1 }, "timeout", "again", spent, spent],
];

describe.each(["http", "websocket"] as const)("a session over %s", (carrier) => {
  it.each(answers)("%s", async (form, step, kind, outlook, http, websocket) => {
    const emulator = await emulate({
      script: (request) => (request.kind === "handshake" ? undefined : step),
      rateLimits: false,
    });
    const limits = {
      maxStreamRetries: STREAM_RETRIES,
      streamIdleTimeoutMs: form === "silence" ? 100 : 10_000,
      retry: { maxRetries: 1 },
    };
    const { session } = openSession(emulator.url, { carrier }, limits);
    const failure = (await run(session, asking("hello"))).error as CodexFailure;
    const verdict: Verdict = { kind: failure.kind, outlook: failure.outlook, asked: bodiesAt(emulator).length };
    expect(verdict).toEqual({ kind, outlook, asked: carrier === "http" ? http : websocket });
    await session.close();
  });
});

// parity: sse/not-an-event-stream
it("asks a captive portal once", async () => {
  const emulator = await emulate({ script: () => ({ status: 200, headers: page, body: "<title>Log in</title>" }) });
  const { session } = openSession(emulator.url, { carrier: "http" });
  const failure = (await run(session, asking("hello"))).error;
  expect(failure).toMatchObject({ kind: "protocol", outlook: "never" });
  expect(bodiesAt(emulator)).toHaveLength(1);
});

/** Refused handshakes: the result with `auto`, and with `websocket`. */
const handshakes: readonly (readonly [
  status: number,
  headers: Readonly<Record<string, string>>,
  auto: string,
  alone: number,
])[] = [
  [400, {}, "http", once],
  [401, {}, "fails", once],
  [403, {}, "http", once],
  [404, {}, "http", once],
  [426, {}, "http", spent],
  [429, {}, "fails", once],
  [429, { "retry-after-ms": "1" }, "http", spent], // once the waits are spent
  [500, {}, "http", spent],
  [503, {}, "http", spent],
];

describe("a handshake refused with", () => {
  it.each(handshakes)("%i %j", async (status, headers, auto, alone) => {
    const script = ({ kind }: { readonly kind: string }) =>
      kind === "handshake" ? { refuse: { status, headers, body: {} } } : undefined;
    const limits = { maxStreamRetries: STREAM_RETRIES };
    const first = await emulate({ script });
    const { error: left } = await run(openSession(first.url, {}, limits).session, asking("hello"));
    expect(left === undefined ? "http" : "fails").toBe(auto);
    const second = await emulate({ script });
    await run(openSession(second.url, { carrier: "websocket" }, limits).session, asking("hello"));
    expect(handshakesAt(second)).toHaveLength(alone);
  });
});

describe("shouldRetry", () => {
  it("ends what the policy would try again", async () => {
    const emulator = await emulate({ script: () => failed({ code: "server_error" }) });
    const seen: object[] = [];
    const shouldRetry = (failure: { readonly kind: string }, at: object) => {
      seen.push({ kind: failure.kind, ...at });
      return false;
    };
    const { session } = openSession(emulator.url, { carrier: "http" }, { retry: { shouldRetry } });
    await run(session, asking("hello"));
    expect(bodiesAt(emulator)).toHaveLength(1);
    expect(seen).toEqual([{ kind: "retryable", attempt: 0, layer: "stream" }]);
  });

  it("tries again, within the budget, what the policy calls final", async () => {
    const emulator = await emulate({ script: () => failed({ code: "invalid_prompt" }) });
    const limits = { maxStreamRetries: STREAM_RETRIES, retry: { shouldRetry: () => true } };
    const { session } = openSession(emulator.url, { carrier: "http" }, limits);
    await run(session, asking("hello"));
    expect(bodiesAt(emulator)).toHaveLength(spent);
  });
});

describe("what was received", () => {
  const begun = [created, { type: "response.output_text.delta", delta: "Half" }];
  const half: Step = { events: begun, terminateAfterEvents: 2 };
  const cut: Step = {
    events: [
      created,
      { type: "response.output_text.delta", delta: "Half" },
      {
        type: "response.incomplete",
        response: {
          id: "r",
          incomplete_details: { reason: "max_output_tokens" },
          usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
        },
      },
    ],
  };

  it.each(["http", "websocket"] as const)(
    "is in the error of a stream that broke for good, over %s",
    async (carrier) => {
      const emulator = await emulate({ script: ({ kind }) => (kind === "handshake" ? undefined : half) });
      const { session } = openSession(emulator.url, { carrier }, { maxStreamRetries: 0 });
      const failure = (await run(session, asking("hello"))).error as CodexFailure;
      expect(failure).toMatchObject({ kind: "stream" });
      expect(failure.partial).toMatchObject({ text: "Half", items: [] });
      expect(JSON.stringify(failure)).not.toContain("Half");
      expect(failure.toJSON()).toMatchObject({ partial: { textLength: 4, itemCount: 0 } });
    },
  );

  it.each(["http", "websocket"] as const)(
    "is paid for: id and usage of an incomplete answer, over %s",
    async (carrier) => {
      const emulator = await emulate({ script: ({ kind }) => (kind === "handshake" ? undefined : cut) });
      const { session } = openSession(emulator.url, { carrier });
      const failure = (await run(session, asking("hello"))).error as CodexFailure;
      expect(failure.partial).toMatchObject({ text: "Half", responseId: "r", tokenUsage: { totalTokens: 15 } });
      const stream = await session.stream(asking("again"), { incomplete: "end" });
      expect(await stream.collect()).toMatchObject({ status: "incomplete", text: "Half", responseId: "r" });
      if (carrier === "websocket") expect(handshakesAt(emulator)).toHaveLength(1);
    },
  );

  it("is in the error of an abort", async () => {
    const stalled: Step = { events: begun, stallAfterEvents: 2 };
    const emulator = await emulate({ script: [stalled] });
    const { session } = openSession(emulator.url, { carrier: "http" });
    const stop = new AbortController();
    const stream = await session.stream(asking("hello"), { signal: stop.signal });
    let failure: unknown;
    try {
      for await (const event of stream) if (event.type === "output_text.delta") stop.abort();
    } catch (thrown) {
      failure = thrown;
    }
    expect(failure).toMatchObject({ kind: "aborted" });
    expect((failure as CodexFailure).partial).toMatchObject({ text: "Half" });
  });
});
