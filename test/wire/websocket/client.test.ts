import { describe, expect, it } from "vitest";
import { apiKeyAuth } from "../../../src/api/auth.ts";
import { TurnState } from "../../../src/api/service/call-options.ts";
import type { JsonObject } from "../../../src/api/wire/json.ts";
import type { WebSocketRequest } from "../../../src/client/observe/telemetry.ts";
import { emulate, readEvents, textOf } from "../../support/clients.ts";
import { closedPort } from "../../support/serve.ts";
import { serverIdentity } from "../proxy/loopback-trust.ts";
import { failureOf } from "../proxy/support.ts";
import { connect, websocketClient, wire } from "./responses-support.ts";

const request = { model: "m", input: "repeat: hello" };
const SECRET = "sk-secret-1234567890";

describe("the handshake", () => {
  it("carries ids, identity, protocol version and credentials; no subagent, no accept", async () => {
    const emulator = await emulate({ requireWebSocketBeta: true });
    await connect(emulator.url, {
      client: { auth: { bearerToken: () => SECRET, accountId: () => "acc" } },
      connect: { conversationId: "c1", traceContext: undefined },
    });
    const { headers, path } = await emulator.nextRequest();
    expect(path).toBe("/v1/responses");
    expect(headers).toMatchObject({
      "openai-beta": "responses_websockets=2026-02-06",
      "x-client-request-id": "c1",
      session_id: "c1",
      authorization: `Bearer ${SECRET}`,
      "chatgpt-account-id": "acc",
      version: expect.any(String) as string,
      "user-agent": expect.stringMatching(/^codex-wire\//),
    });
    expect(headers["sec-websocket-extensions"]).toBe("permessage-deflate; client_max_window_bits");
    for (const name of ["x-openai-subagent", "accept", "origin", "traceparent", "x-codex-turn-state"])
      expect(headers).not.toHaveProperty(name);
  });

  it("takes provider headers, lets extra ones overwrite them and the credentials overwrite all; defaults fill what is vacant", async () => {
    const emulator = await emulate();
    await connect(emulator.url, {
      provider: {
        headers: { "x-a": "provider", "x-b": "provider", authorization: "provider" },
        queryParams: { "a b": "c&d" },
      },
      client: { auth: apiKeyAuth(SECRET) },
      connect: {
        headers: { "X-B": "extra", Authorization: "extra" },
        defaultHeaders: { "x-a": "default", "x-b": "default", originator: "mine" },
      },
    });
    const { headers, path } = await emulator.nextRequest();
    expect(headers).toMatchObject({
      "x-a": "provider",
      "x-b": "extra",
      originator: "mine",
      authorization: `Bearer ${SECRET}`,
    });
    expect(path).toBe("/v1/responses?a%20b=c%26d");
  });

  it("offers no compression where none is wanted", async () => {
    const emulator = await emulate();
    await connect(emulator.url, { connect: { compression: false } });
    expect((await emulator.nextRequest()).headers).not.toHaveProperty("sec-websocket-extensions");
  });

  it("sends the turn's state when it has one, and keeps the answer's when it has none", async () => {
    const emulator = await emulate({ turnState: true });
    const turnState = new TurnState();
    await connect(emulator.url, { connect: { turnState } });
    const first = turnState.value;
    expect(first).toMatch(/./);
    await connect(emulator.url, { connect: { turnState } });
    expect(emulator.requests.map(({ headers }) => headers["x-codex-turn-state"])).toEqual([undefined, first]);
    expect(turnState.value).toBe(first);
  });

  it("a token that cannot be sent is a build error that does not show it", async () => {
    const emulator = await emulate();
    const client = websocketClient(emulator.url, { client: { auth: apiKeyAuth(`${SECRET}\nx`) } });
    const error = await failureOf(client.connect());
    expect(error).toMatchObject({ kind: "build" });
    expect(error.message).not.toContain(SECRET);
    expect(emulator.requests).toEqual([]);
  });

  it("wss follows the provider's CA bundle", async () => {
    const emulator = await emulate({ tls: true });
    const connection = await connect(emulator.url, { provider: { ca: { pem: emulator.caPem ?? "" } } });
    expect((await readEvents(await connection.stream(request))).error).toBeUndefined();
    const foreign = await emulate({ tls: serverIdentity() });
    const error = await failureOf(
      websocketClient(foreign.url, { provider: { ca: { pem: emulator.caPem ?? "" } } }).connect(),
    );
    expect(error).toMatchObject({ kind: "network", phase: "tls", retryable: false });
  });
});

describe("a refused handshake", () => {
  it.each([
    { status: 426, kind: "http", fields: { status: 426 } },
    { status: 503, kind: "http", fields: { status: 503 } },
    { status: 429, kind: "rate_limit", fields: { retryAfterMs: 2000 } },
    { status: 400, kind: "invalid_request", fields: {} },
  ])("$status is $kind, asked once", async ({ status, kind, fields }) => {
    const refuse = {
      status,
      headers: { "retry-after": "2", "x-request-id": "r1" },
      body: { error: { message: "no" } },
    };
    const emulator = await emulate({ script: [{ refuse }] });
    const error = await failureOf(websocketClient(emulator.url).connect());
    expect(error).toMatchObject({ kind, requestId: "r1", ...fields });
    expect(emulator.requests).toHaveLength(1);
  });

  it("the error names the ws URL", async () => {
    const emulator = await emulate({ websockets: false });
    const error = await failureOf(websocketClient(emulator.url).connect());
    expect(error).toMatchObject({ kind: "http", status: 426, url: `${emulator.url.replace("http", "ws")}/responses` });
  });

  it("401: the credentials are renewed once, and the handshake tried once more", async () => {
    const emulator = await emulate({ requireAuth: "new" });
    let token = "old";
    let renewals = 0;
    const auth = {
      bearerToken: () => token,
      onUnauthorized: () => {
        renewals += 1;
        token = "new";
        return true;
      },
    };
    const connection = await connect(emulator.url, { client: { auth } });
    expect(connection.isClosed).toBe(false);
    expect([renewals, emulator.requests.length]).toEqual([1, 2]);
  });

  it("401 twice: the renewal is not asked again", async () => {
    const emulator = await emulate({ requireAuth: "another" });
    let renewals = 0;
    const auth = { bearerToken: () => "old", onUnauthorized: () => ++renewals > 0 };
    expect(await failureOf(websocketClient(emulator.url, { client: { auth } }).connect())).toMatchObject({
      kind: "http",
      status: 401,
    });
    expect([renewals, emulator.requests.length]).toEqual([1, 2]);
  });

  it("401 without new credentials: one try", async () => {
    const emulator = await emulate({ requireAuth: "another" });
    const auth = { bearerToken: () => "old", onUnauthorized: () => false };
    expect(await failureOf(websocketClient(emulator.url, { client: { auth } }).connect())).toMatchObject({
      kind: "http",
      status: 401,
    });
    expect(emulator.requests).toHaveLength(1);
  });
});

describe("no connection", () => {
  it("refused TCP is a network error", async () => {
    const client = websocketClient(`http://127.0.0.1:${await closedPort()}`);
    expect(await failureOf(client.connect())).toMatchObject({
      kind: "network",
      code: "ECONNREFUSED",
      phase: "connect",
    });
  });

  it("a handshake that is never answered times out with connectTimeoutMs", async () => {
    const emulator = await emulate({ script: [{ refuse: "stall" }] });
    const client = websocketClient(emulator.url, { provider: { connectTimeoutMs: 150 } });
    expect(await failureOf(client.connect())).toMatchObject({ kind: "timeout", phase: "connect", timeoutMs: 150 });
  });

  it("an aborted signal: no token is asked for, nothing is opened", async () => {
    const emulator = await emulate();
    let asked = 0;
    const auth = { bearerToken: () => String(++asked) };
    const error = await failureOf(
      websocketClient(emulator.url, { client: { auth } }).connect({ signal: AbortSignal.abort("no") }),
    );
    expect(error).toMatchObject({ kind: "aborted", cause: "no" });
    expect([asked, emulator.requests.length]).toEqual([0, 0]);
  });

  it("an abort during the handshake ends it at once", async () => {
    const emulator = await emulate({ script: [{ refuse: "stall" }] });
    const controller = new AbortController();
    const connecting = failureOf(websocketClient(emulator.url).connect({ signal: controller.signal }));
    await emulator.nextRequest();
    controller.abort();
    expect(await connecting).toMatchObject({ kind: "aborted" });
  });

  it.each([{ baseUrl: "no url" }, { connectTimeoutMs: -1 }])(
    "an unusable provider fails the client: %o",
    (provider) => {
      expect(() => websocketClient("http://127.0.0.1:1", { provider })).toThrowError(
        expect.objectContaining({ kind: "build" }) as Error,
      );
    },
  );
});

describe("a request", () => {
  it("is one response.create frame with the body of HTTP and what the options add", async () => {
    const emulator = await emulate({ script: [{ events: [wire.completed] }] });
    const connection = await connect(emulator.url);
    const stream = await connection.stream(
      { model: "m", input: [], instructions: "be", client_metadata: { a: "body", b: "body" } },
      {
        previousResponseId: "resp_1",
        generate: false,
        clientMetadata: { b: "option" },
        traceContext: { traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`, tracestate: "x=y" },
      },
    );
    await readEvents(stream);
    const frame = emulator.requests.find(({ kind }) => kind === "frame");
    expect(Buffer.from(frame?.body ?? []).toString()).toBe(
      JSON.stringify({
        type: "response.create",
        model: "m",
        instructions: "be",
        previous_response_id: "resp_1",
        input: [],
        tools: [],
        tool_choice: "auto",
        parallel_tool_calls: true,
        reasoning: null,
        store: false,
        stream: true,
        include: [],
        generate: false,
        client_metadata: {
          a: "body",
          b: "option",
          ws_request_header_traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`,
          ws_request_header_tracestate: "x=y",
        },
      }),
    );
  });

  it("to Azure asks to store, without the items' ids, which go over HTTP alone", async () => {
    const emulator = await emulate({ script: [{ events: [wire.completed] }, { events: [wire.completed] }] });
    const connection = await connect(emulator.url, { provider: { name: "azure" } });
    const input = [{ type: "function_call", id: "fc_1", call_id: "c", name: "n", arguments: "{}" } as const];
    await readEvents(await connection.stream({ model: "m", input }));
    await readEvents(await connection.stream({ model: "m", input, store: false }));
    const frames = emulator.requests.filter(({ kind }) => kind === "frame").map(({ json }) => json as JsonObject);
    expect(frames.map(({ store }) => store)).toEqual([true, false]);
    for (const frame of frames) expect(frame.input).toEqual([expect.not.objectContaining({ id: "fc_1" })]);
  });

  it("a body goes as it is, with its type alone added", async () => {
    const emulator = await emulate({ script: [{ events: [wire.completed] }] });
    const connection = await connect(emulator.url);
    await readEvents(await connection.streamBody({ model: "m", anything: { goes: [1] } }));
    const frame = emulator.requests.find(({ kind }) => kind === "frame");
    expect(frame?.json).toEqual({ type: "response.create", model: "m", anything: { goes: [1] } });
  });

  it("the connection's trace context serves requests that bring none", async () => {
    const emulator = await emulate({ script: [{ events: [wire.completed] }] });
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`;
    const connection = await connect(emulator.url, { connect: { traceContext: { traceparent } } });
    await readEvents(await connection.stream(request));
    const frame = emulator.requests.find(({ kind }) => kind === "frame");
    expect(frame?.json).toMatchObject({ client_metadata: { ws_request_header_traceparent: traceparent } });
  });

  it("every response begins with what the handshake told; limits come from the stream alone", async () => {
    const headers = {
      "openai-model": "served",
      "x-models-etag": "e1",
      "x-reasoning-included": "",
      "x-codex-primary-used-percent": "50",
    };
    const limits = { type: "codex.rate_limits", rate_limits: { primary: { used_percent: 7 } } };
    const emulator = await emulate({
      rateLimits: false,
      script: [{ accept: { headers } }, { events: [limits, wire.completed] }, { events: [wire.completed] }],
    });
    const connection = await connect(emulator.url);
    const told = [
      { type: "server_model", model: "served" },
      { type: "models_etag", etag: expect.stringContaining("e1") as string },
      { type: "server_reasoning_included", included: true },
    ];
    const first = await connection.stream(request);
    expect([first.status, first.headers["openai-model"]]).toEqual([101, "served"]);
    expect((await readEvents(first)).events).toEqual([
      ...told,
      { type: "rate_limits", snapshot: expect.objectContaining({ limitId: "codex" }) as object },
      { type: "completed", responseId: "r" },
    ]);
    expect((await readEvents(await connection.stream(request))).events).toEqual([
      ...told,
      { type: "completed", responseId: "r" },
    ]);
  });

  it("metadata events fill the turn's state", async () => {
    const metadata = { type: "codex.response.metadata", headers: { "x-codex-turn-state": "later" } };
    const emulator = await emulate({ script: [{ events: [metadata, wire.completed] }] });
    const connection = await connect(emulator.url);
    const turnState = new TurnState();
    await readEvents(await connection.stream(request, { turnState }));
    expect(turnState.value).toBe("later");
  });

  it("telemetry tells each request: how long it took to send, whether the connection was there before, and what failed it", async () => {
    const emulator = await emulate();
    const sent: WebSocketRequest[] = [];
    const telemetry = { onWebSocketRequest: (each: WebSocketRequest) => void sent.push(each) };
    const connection = await connect(emulator.url, { client: { telemetry } });
    for (let count = 0; count < 2; count += 1) {
      const { events } = await readEvents(await connection.stream(request));
      expect(textOf(events)).toBe("hello");
    }
    await connection.close();
    expect(sent).toMatchObject([
      { durationMs: expect.any(Number) as number, connectionReused: false },
      { durationMs: expect.any(Number) as number, connectionReused: true },
    ]);
    expect(sent.filter((each) => "error" in each)).toEqual([]);
  });
});
