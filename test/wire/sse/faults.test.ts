import { describe, expect, it } from "vitest";
import type { ProviderConfig } from "../../../src/api/provider.ts";
import type { CodexApiError } from "../../../src/api/refusal/kinds.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { RetryNotice } from "../../../src/client/telemetry.ts";
import type { Step } from "../../../src/emulator/index.ts";
import { clientOptions, emulate, readEvents, textOf } from "../../support/clients.ts";
import { closedPort, serveTcp } from "../../support/serve.ts";
import { errorOf } from "../../support/transport.ts";

const request = { model: "m", input: "repeat: hello" };
const delta = (text: string) => ({ type: "response.output_text.delta", delta: text });
const created = { type: "response.created", response: { id: "r" } };
const completed = { type: "response.completed", response: { id: "r" } };

/** Runs one response against a scripted emulator and reports everything a fault is judged by. */
async function run(script: readonly Step[], provider: Partial<ProviderConfig> = {}) {
  const emulator = await emulate({ script, rateLimits: false });
  const notices: RetryNotice[] = [];
  const options = {
    ...clientOptions(emulator.url, provider),
    telemetry: { onRetry: (notice: RetryNotice) => void notices.push(notice) },
  };
  const client = new ResponsesClient(options);
  const stream = await client.stream(request).catch((error: unknown) => error as Error);
  const { events, error } = stream instanceof Error ? { events: [], error: stream } : await readEvents(stream);
  return {
    emulator,
    notices,
    types: events
      .map((event) => event.type)
      .filter((type) => type !== "rate_limits" && type !== "server_model" && type !== "models_etag"),
    text: textOf(events),
    error: error as CodexApiError & Record<string, unknown>,
    requests: emulator.requests.length,
  };
}

describe("a refusal before the stream", () => {
  it("401 is an http error that says to check the key, and is not retried", async () => {
    const { error, requests } = await run([
      { status: 401, body: { error: { message: "Incorrect API key" } }, headers: { "x-request-id": "r1" } },
    ]);
    expect(error).toMatchObject({ kind: "http", status: 401, requestId: "r1" });
    expect(error.message).toMatch(/401 Unauthorized: Incorrect API key.*request id: r1.*key/s);
    expect(requests).toBe(1);
  });

  it("429 with Retry-After: 1 is a rate limit with its delay, not retried by default", async () => {
    const { error, requests } = await run([{ status: 429, headers: { "retry-after": "1" }, body: {} }]);
    expect(error).toMatchObject({ kind: "rate_limit", retryAfterMs: 1000 });
    expect(requests).toBe(1);
  });

  it("429 is retried after the server's delay where the provider says so", async () => {
    const { error, notices, text } = await run([{ status: 429, headers: { "retry-after-ms": "20" }, body: {} }], {
      retry: { retry429: true },
    });
    expect(error).toBeUndefined();
    expect(text).toBe("hello");
    expect(notices).toMatchObject([{ retry: 1, delayMs: 20, layer: "request" }]);
  });

  // parity: retry/usage-limit-never
  it("a usage limit is never retried, whatever the provider says", async () => {
    const body = { error: { type: "usage_limit_reached", plan_type: "plus", resets_at: 1_900_000_000 } };
    const { error, requests } = await run([{ status: 429, body }], { retry: { retry429: true } });
    expect(error).toMatchObject({ kind: "usage_limit_reached", planType: "plus", resetsAt: 1_900_000_000 });
    expect(requests).toBe(1);
  });

  // parity: retry/announced
  it("500 twice, then 200: the answer comes, and both retries were announced", async () => {
    const { error, text, requests, notices } = await run([{ status: 500 }, { status: 502 }]);
    expect(error).toBeUndefined();
    expect(text).toBe("hello");
    expect(requests).toBe(3);
    expect(notices.map(({ retry, layer }) => [retry, layer])).toEqual([
      [1, "request"],
      [2, "request"],
    ]);
  });

  it("503 of a model at capacity is retried like any 5xx, and says so in the end", async () => {
    const step = { status: 503, body: { error: { code: "server_is_overloaded", message: "at capacity" } } };
    const { error, requests } = await run([step, step], { retry: { maxRetries: 1 } });
    expect(error).toMatchObject({ kind: "server_overloaded" });
    expect(requests).toBe(2);
  });

  it("500 for ever: the last answer is the error, after maxRetries extra sends", async () => {
    const { error, requests } = await run(
      Array.from({ length: 9 }, () => ({ status: 500, body: "down" })),
      { retry: { maxRetries: 2 } },
    );
    expect(error).toMatchObject({ kind: "http", status: 500, body: "down" });
    expect(requests).toBe(3);
  });

  it("a reset before the headers is retried as a network error", async () => {
    const { error, text, requests } = await run([{ resetBeforeHeaders: true }]);
    expect(error).toBeUndefined();
    expect(text).toBe("hello");
    expect(requests).toBe(2);
  });

  it("a refused port is a network error that names it", async () => {
    const port = await closedPort();
    const client = new ResponsesClient(clientOptions(`http://127.0.0.1:${port}/v1`, { retry: { maxRetries: 1 } }));
    const error = await errorOf(client.stream(request));
    expect(error).toMatchObject({ kind: "network", code: "ECONNREFUSED" });
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });

  it("an unknown host is a network error that names it", async () => {
    const client = new ResponsesClient(clientOptions("http://no-such-host.invalid/v1", { retry: { maxRetries: 0 } }));
    const error = await errorOf(client.stream(request));
    expect(error).toMatchObject({ kind: "network", phase: "dns" });
    expect(error.message).toContain("no-such-host.invalid");
  });

  // parity: request/unsendable-header
  it("a token with a line break is a build error that does not show it, and nothing is sent", async () => {
    const emulator = await emulate();
    const client = new ResponsesClient({ ...clientOptions(emulator.url), auth: { bearerToken: () => "sk-se\ncret" } });
    const error = await errorOf(client.stream(request));
    expect(error).toMatchObject({ kind: "build" });
    expect(error.message).toContain("authorization");
    expect(error.message).not.toContain("cret");
    expect(emulator.requests.length).toBe(0);
  });

  it("no headers: a time-out of phase headers", async () => {
    const { error, requests } = await run([{ stallBeforeHeaders: true }], {
      headersTimeoutMs: 60,
      retry: { maxRetries: 0 },
    });
    expect(error).toMatchObject({ kind: "timeout", phase: "headers", timeoutMs: 60 });
    expect(requests).toBe(1);
  });
});

describe("an answer that is no event stream", () => {
  // parity: sse/not-an-event-stream
  it("HTML with status 200 is a protocol error that quotes the page", async () => {
    const { error } = await run([
      {
        status: 200,
        headers: { "content-type": "text/html; charset=utf-8" },
        body: "<html><title>Log in to WiFi</title></html>",
      },
    ]);
    expect(error).toMatchObject({ kind: "protocol" });
    expect(error.message).toMatch(/text\/html.*Log in to WiFi/s);
  });

  it("204 is a protocol error", async () => {
    const { error } = await run([{ status: 204 }]);
    expect(error).toMatchObject({ kind: "protocol" });
  });

  it("an empty event stream is a stream closed early", async () => {
    const { error } = await run([{ events: [] }]);
    expect(error).toMatchObject({ kind: "stream", message: "stream closed before response.completed" });
  });
});

describe("a stream that breaks", () => {
  // parity: stream/end-only-after-terminal
  it("closed before its end: what came is delivered, then the error", async () => {
    const { error, types, requests } = await run([{ events: [created, delta("a")] }]);
    expect(types).toEqual(["created", "output_text.delta"]);
    expect(error).toMatchObject({ kind: "stream", message: "stream closed before response.completed" });
    expect(requests).toBe(1);
  });

  it.each<[string, Step]>([
    ["reset", { events: [created, delta("a"), delta("b")], resetAfterEvents: 2 }],
    ["cut without the last chunk", { events: [created, delta("a"), delta("b")], terminateAfterEvents: 2 }],
  ])("%s in the middle: a stream error, and no retry", async (_title, step) => {
    const { error, text, requests } = await run([step]);
    expect(text).toBe("a");
    expect(error).toMatchObject({ kind: "stream" });
    expect(error.message).toContain("broke off");
    expect(requests).toBe(1);
  });

  it("stalled: an idle time-out in the reference's words, and the connection is closed", async () => {
    const { error, text, emulator } = await run([{ events: [created, delta("a")], stallAfterEvents: 2 }], {
      streamIdleTimeoutMs: 60,
    });
    expect(text).toBe("a");
    expect(error).toMatchObject({ kind: "timeout", phase: "idle", timeoutMs: 60 });
    expect(error.message).toContain("idle timeout waiting for SSE");
    await emulator.waitForClosedResponses(1);
  });

  // parity: stream/liveness
  it("kept alive by comments alone is cut all the same: they are no progress", async () => {
    const step = { events: [created], stallAfterEvents: 1, keepAliveEveryMs: 10 };
    const { error } = await run([step], { streamIdleTimeoutMs: 100, livenessTimeoutMs: 50 });
    expect(error).toMatchObject({ kind: "timeout", phase: "idle", timeoutMs: 100 });
  });

  // parity: stream/liveness
  it("that stops keeping itself alive is found dead long before the idle time-out", async () => {
    const server = await serveTcp((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: keep-alive\n\n: keep-alive\n\n");
      });
    });
    const client = new ResponsesClient(
      clientOptions(`${server.url}/v1`, { livenessTimeoutMs: 60, streamIdleTimeoutMs: 60_000 }),
    );
    const { error } = await readEvents(await client.stream(request));
    expect(error).toMatchObject({ kind: "timeout", phase: "idle", timeoutMs: 60 });
  });

  it("may think in silence when it sent no more than a greeting", async () => {
    let think!: () => void;
    const thought = new Promise<void>((resolve) => {
      think = resolve;
    });
    async function* thinking() {
      yield `: welcome\n\ndata: ${JSON.stringify(created)}\n\n`;
      await thought;
      yield `data: ${JSON.stringify(completed)}\n\n`;
    }
    const headers = { "content-type": "text/event-stream" };
    const emulator = await emulate({ script: [{ raw: thinking(), headers }] });
    const client = new ResponsesClient(clientOptions(emulator.url, { livenessTimeoutMs: 20 }));
    const stream = await client.stream(request);
    setTimeout(think, 100);
    expect((await readEvents(stream)).error).toBeUndefined();
  });
});

describe("the end of a response", () => {
  it("is its terminal event, though the server keeps the body open", async () => {
    const { error, types, emulator } = await run([{ events: [created, completed], stallAfterEvents: 2 }]);
    expect(error).toBeUndefined();
    expect(types).toEqual(["created", "completed"]);
    await emulator.waitForClosedResponses(1);
  });

  // parity: sse/last-event-unterminated
  it("counts without its blank line at the end of the body", async () => {
    const { error, types } = await run([
      {
        raw: `data: ${JSON.stringify(created)}\n\ndata: ${JSON.stringify(completed)}`,
        headers: { "content-type": "text/event-stream" },
      },
    ]);
    expect(error).toBeUndefined();
    expect(types).toEqual(["created", "completed"]);
  });

  it("is not a last event without its blank line that is no terminal one", async () => {
    const { error, types } = await run([
      { raw: `data: ${JSON.stringify(delta("lost"))}`, headers: { "content-type": "text/event-stream" } },
    ]);
    expect(types).toEqual([]);
    expect(error).toMatchObject({ kind: "stream" });
  });

  // parity: sse/failed-at-once
  it("response.failed is thrown when it comes, though the server keeps the body open", async () => {
    const failed = {
      type: "response.failed",
      response: { error: { code: "rate_limit_exceeded", message: "Please try again in 1.5s" } },
    };
    const { error, types } = await run([{ events: [created, failed], stallAfterEvents: 2 }]);
    expect(types).toEqual(["created"]);
    expect(error).toMatchObject({ kind: "retryable", retryAfterMs: 1500 });
  });

  // parity: sse/error-event
  it("an error event is an error by the same table", async () => {
    const event = { type: "error", error: { code: "insufficient_quota", message: "no credit" } };
    const { error } = await run([{ events: [created, event] }]);
    expect(error).toMatchObject({ kind: "quota_exceeded" });
  });

  // parity: stream/incomplete
  it("response.incomplete is an error with its reason, after everything received", async () => {
    const event = { type: "response.incomplete", response: { incomplete_details: { reason: "max_output_tokens" } } };
    const { error, text } = await run([{ events: [created, delta("half"), event] }]);
    expect(text).toBe("half");
    expect(error).toMatchObject({
      kind: "incomplete",
      reason: "max_output_tokens",
      message: "Incomplete response returned, reason: max_output_tokens",
    });
  });
});

describe("bytes in odd shapes", () => {
  const stream = [created, delta("héllo 🙂"), completed];
  it.each<[string, Step]>([
    ["one byte per packet", { events: stream, chunkBytes: 1 }],
    [
      "CRLF and a byte order mark",
      {
        raw: `\uFEFF${stream.map((event) => `event: x\r\ndata: ${JSON.stringify(event)}\r\n\r\n`).join("")}`,
        headers: { "content-type": "text/event-stream" },
      },
    ],
    [
      "lines that are no events and unknown events between",
      {
        raw: `data: ping\n\ndata: [DONE]\n\ndata: {"type":"response.future"}\n\n${stream.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}`,
        headers: { "content-type": "text/event-stream" },
      },
    ],
  ])("%s make no difference", async (_title, step) => {
    const { error, text, types } = await run([step]);
    expect(error).toBeUndefined();
    expect(text).toBe("héllo 🙂");
    expect(types).toEqual(["created", "output_text.delta", "completed"]);
  });

  it("an event of ten megabytes arrives whole", async () => {
    const { error, text } = await run([{ events: [created, delta("x".repeat(10 * 1024 * 1024)), completed] }]);
    expect(error).toBeUndefined();
    expect(text.length).toBe(10 * 1024 * 1024);
  });
});
