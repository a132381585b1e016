import { describe, expect, it } from "vitest";
import { apiKeyAuth } from "../../../src/api/auth.ts";
import { TurnState } from "../../../src/api/service/call-options.ts";
import { emulate, readEvents } from "../../support/clients.ts";
import { closedPort } from "../../support/serve.ts";
import { serverIdentity } from "../proxy/loopback-trust.ts";
import { failureOf } from "../proxy/support.ts";
import { connect, websocketClient } from "./responses-support.ts";

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

  it("contains the provider's headers; extra ones overwrite them, credentials overwrite all, and defaults fill the rest", async () => {
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

  it("offers no compression if it is off", async () => {
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

  it("401: the credentials are renewed once, and the handshake is repeated once", async () => {
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

  it("401 twice: the credentials are not renewed again", async () => {
    const emulator = await emulate({ requireAuth: "another" });
    let renewals = 0;
    const auth = { bearerToken: () => "old", onUnauthorized: () => ++renewals > 0 };
    expect(await failureOf(websocketClient(emulator.url, { client: { auth } }).connect())).toMatchObject({
      kind: "http",
      status: 401,
    });
    expect([renewals, emulator.requests.length]).toEqual([1, 2]);
  });

  it("401 without new credentials: no second handshake", async () => {
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

  it("an aborted signal: no token is requested, nothing is opened", async () => {
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
