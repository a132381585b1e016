import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { closedPort } from "../../support/serve.ts";
import { errorOf } from "../../support/transport.ts";
import { request, run } from "./support.ts";

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
