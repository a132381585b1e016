import { describe, expect, it } from "vitest";
import { type AuthProvider, apiKeyAuth } from "../../../src/api/auth.ts";
import type { CodexApiError } from "../../../src/api/refusal/kinds.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { TurnState } from "../../../src/api/service/call-options.ts";
import { Service } from "../../../src/api/service/service.ts";
import { HttpError } from "../../../src/client/failure/kinds.ts";
import type { RequestAttempt, Telemetry } from "../../../src/client/observe/telemetry.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { recordLog } from "../../support/log-lines.ts";
import { errorOf } from "../../support/transport.ts";
import { request, sent } from "./sent.ts";

describe("the headers of a request", () => {
  it("carry key, media types, version and user agent", async () => {
    const { headers, method, path } = await sent({});
    expect({ method, path }).toEqual({ method: "POST", path: "/v1/responses" });
    expect(headers).toMatchObject({
      authorization: "Bearer key",
      accept: "text/event-stream",
      "content-type": "application/json",
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      "user-agent": expect.stringContaining("codex-wire/"),
    });
    expect(headers).not.toHaveProperty("accept-encoding");
    expect(headers).not.toHaveProperty("content-encoding");
    expect(headers).not.toHaveProperty("x-openai-subagent");
  });

  it("carry the conversation, the session's source and the turn's state", async () => {
    const turnState = new TurnState();
    turnState.set("routed");
    const { headers } = await sent({ conversationId: "c-1", sessionSource: "review", turnState });
    expect(headers).toMatchObject({
      "x-client-request-id": "c-1",
      session_id: "c-1",
      "x-openai-subagent": "review",
      "x-codex-turn-state": "routed",
    });
  });

  it("are overwritten in order: provider, call, credentials", async () => {
    const { headers } = await sent(
      { headers: { "X-Both": "call", Authorization: "Bearer stolen" } },
      { headers: { "x-both": "provider", "X-Provider": "yes", authorization: "Bearer stolen" } },
    );
    expect(headers).toMatchObject({ "x-both": "call", "x-provider": "yes", authorization: "Bearer key" });
  });

  it("carry the trace context", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const { headers } = await sent({ traceContext: { traceparent, tracestate: "a=b" } });
    expect(headers).toMatchObject({ traceparent, tracestate: "a=b" });
  });

  it("refuse a trace context that is none", async () => {
    const error = await errorOf(sent({ traceContext: { traceparent: "nonsense" } }));
    expect(error).toMatchObject({ kind: "build" });
  });
});

describe("the URL", () => {
  // parity: request/query-encoding
  it("takes the provider's query parameters, percent-encoded", async () => {
    const { path } = await sent({}, { queryParams: { "api-version": "2026-01-01", q: "a b&c" } });
    expect(path).toBe("/v1/responses?api-version=2026-01-01&q=a%20b%26c");
  });
});

describe("the body", () => {
  it("is the reference's, key by key", async () => {
    const { body } = await sent({});
    expect(body.toString()).toBe(
      JSON.stringify({
        model: "m",
        instructions: "",
        input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "repeat: hi" }] }],
        tools: [],
        tool_choice: "auto",
        parallel_tool_calls: true,
        reasoning: null,
        store: false,
        stream: true,
        include: [],
      }),
    );
  });

  it("goes as it is through streamBody", async () => {
    const emulator = await emulate({ unknownParameters: "accept" });
    const body = { stream: true, input: "repeat: hi", model: "m", odd: [1, null] };
    await (await new ResponsesClient(clientOptions(emulator.url)).streamBody(body)).collect();
    expect((await emulator.nextRequest()).body.toString()).toBe(JSON.stringify(body));
  });

  it("that cannot be JSON is a build error", async () => {
    const body: Record<string, unknown> = {};
    body.self = body;
    const client = new ResponsesClient(clientOptions("http://127.0.0.1:9/v1"));
    expect(await errorOf(client.streamBody(body))).toMatchObject({ kind: "build" });
    expect(await errorOf(client.streamBody({ n: 1n }))).toMatchObject({ kind: "build" });
  });
});

describe("credentials", () => {
  it("are asked for anew before every attempt", async () => {
    const emulator = await emulate({ script: [{ status: 500 }] });
    let asked = 0;
    const auth = { bearerToken: async () => `token-${++asked}` };
    await (await new ResponsesClient({ ...clientOptions(emulator.url), auth }).stream(request)).collect();
    expect(emulator.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  it("may change after a 401, once in a call", async () => {
    const emulator = await emulate({ script: [{ status: 401 }, { status: 401 }] });
    let refreshed = 0;
    const auth = {
      bearerToken: () => `token-${refreshed}`,
      accountId: () => "acc",
      onUnauthorized: () => {
        refreshed += 1;
        return true;
      },
    };
    const error = await errorOf(new ResponsesClient({ ...clientOptions(emulator.url), auth }).stream(request));
    expect(error).toMatchObject({ kind: "http", status: 401 });
    expect(refreshed).toBe(1);
    expect(emulator.requests.map(({ headers }) => [headers.authorization, headers["chatgpt-account-id"]])).toEqual([
      ["Bearer token-0", "acc"],
      ["Bearer token-1", "acc"],
    ]);
  });

  it("that cannot be had are no refusal of the server's, whatever the auth provider throws", async () => {
    const emulator = await emulate();
    let asked = 0;
    const auth: AuthProvider = {
      bearerToken: () => {
        throw new HttpError("no token", { status: 401, headers: {}, body: "" });
      },
      onUnauthorized: () => ++asked > 0,
    };
    const client = new ResponsesClient({ ...clientOptions(emulator.url), auth });
    expect(await errorOf(client.stream(request))).toMatchObject({ status: 401 });
    expect([asked, emulator.requests.length]).toEqual([0, 0]);
  });

  it("that were not renewed leave the 401 as it is", async () => {
    const emulator = await emulate({ script: [{ status: 401 }] });
    const auth = { bearerToken: () => "t", onUnauthorized: async () => false };
    const error = await errorOf(new ResponsesClient({ ...clientOptions(emulator.url), auth }).stream(request));
    expect(error).toMatchObject({ kind: "http", status: 401 });
    expect(emulator.requests.length).toBe(1);
  });
});

it("clients of several users share the connections of one service, and no credentials", async () => {
  const emulator = await emulate();
  const service = new Service(clientOptions(emulator.url));
  for (const user of ["one", "two"]) {
    const client = new ResponsesClient({ service: service.as(apiKeyAuth(user)) });
    await (await client.stream(request)).collect();
  }
  expect(emulator.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer one", "Bearer two"]);
  expect(new Set(emulator.requests.map(({ connection }) => connection)).size).toBe(1);
  await service.close();
});

describe("telemetry", () => {
  /** Every send and every resend of a call, as telemetry tells them. */
  function recorder() {
    const told: unknown[] = [];
    const telemetry: Telemetry = {
      onRequest: ({ attempt, status, error }) => told.push([attempt, status ?? (error as CodexApiError).kind]),
      onRetry: ({ retry, layer, delayMs }) => told.push({ retry, layer, delayMs }),
    };
    return { told, telemetry };
  }

  it("hears of a kept connection that had died, whatever the policy allows", async () => {
    const emulator = await emulate({ script: [{ events: [] }, { resetBeforeHeaders: true }] });
    const { told, telemetry } = recorder();
    const client = new ResponsesClient({
      ...clientOptions(emulator.url, { retry: { maxRetries: 0 } }),
      telemetry,
    });
    await errorOf((await client.stream(request)).collect());
    await (await client.stream(request)).collect();
    expect(told).toEqual([[0, 200], [0, "network"], { retry: 0, layer: "request", delayMs: 0 }, [0, 200]]);
  });

  it("and the log hear of each retry, its wait and its reason, before the wait", async () => {
    const emulator = await emulate({
      script: [{ status: 503, headers: { "retry-after-ms": "7" }, body: "no: MY PROMPT" }],
    });
    const { told, telemetry } = recorder();
    const logger = recordLog();
    await (await new ResponsesClient({ ...clientOptions(emulator.url), telemetry, logger }).stream(request)).collect();
    expect(told).toEqual([[0, 503], { retry: 1, layer: "request", delayMs: 7 }, [1, 200]]);
    expect(JSON.stringify(logger.lines)).not.toContain("MY PROMPT");
    expect(logger.lines.filter(({ level }) => level === "warn")).toMatchObject([
      {
        fields: { retry: 1, delayMs: 7, reason: expect.stringContaining("503") },
        message: "the request is sent again",
      },
    ]);
  });

  it("hears that credentials were renewed", async () => {
    const emulator = await emulate({ script: [{ status: 401 }] });
    const { told, telemetry } = recorder();
    const refused: unknown[] = [];
    const auth: AuthProvider = {
      bearerToken: () => "t",
      accountId: () => "a",
      onUnauthorized: (sent) => refused.push(sent) > 0,
    };
    await (await new ResponsesClient({ ...clientOptions(emulator.url), auth, telemetry }).stream(request)).collect();
    expect(told).toEqual([[0, 401], { retry: 1, layer: "credentials", delayMs: 0 }, [0, 200]]);
    expect(refused).toEqual([{ bearerToken: "t", accountId: "a", headers: {} }]);
  });

  it("hears of each attempt with its status, of events left out, and of every event's wait", async () => {
    const events = [
      { type: "response.created", response: {} },
      { type: "response.future" },
      { type: "response.output_text.delta" },
      { type: "response.completed", response: { id: "r" } },
    ];
    const emulator = await emulate({ script: [{ status: 503 }, { events }] });
    const attempts: RequestAttempt[] = [];
    const skipped: unknown[] = [];
    const polls: unknown[] = [];
    const telemetry = {
      onRequest: (attempt: RequestAttempt) => void attempts.push(attempt),
      onSkippedEvent: (event: unknown) => void skipped.push(event),
      onStreamPoll: (poll: { readonly type?: string | undefined }) => void polls.push(poll.type),
    };
    await (await new ResponsesClient({ ...clientOptions(emulator.url), telemetry }).stream(request)).collect();
    expect(attempts).toMatchObject([
      { attempt: 0, status: 503, method: "POST", url: `${emulator.url}/responses`, error: { status: 503 } },
      { attempt: 1, status: 200 },
    ]);
    expect(attempts[1]).not.toHaveProperty("error");
    expect(skipped).toMatchObject([
      { type: "response.future", reason: "unknown type" },
      { type: "response.output_text.delta", reason: "missing field" },
    ]);
    expect(polls).toEqual(["response.created", "response.future", "response.output_text.delta", "response.completed"]);
  });
});

describe("a client that cannot work is refused when it is built", () => {
  it.each([
    ["a base URL that is none", { baseUrl: "nonsense" }],
    ["a negative time", { streamIdleTimeoutMs: -1 }],
    ["a count that is none", { retry: { maxRetries: 1.5 } }],
  ])("%s", (_title, provider) => {
    expect(() => new ResponsesClient(clientOptions("http://127.0.0.1/v1", provider))).toThrow(
      expect.objectContaining({ kind: "build" }),
    );
  });
});
