import { describe, expect, it } from "vitest";
import { type AuthProvider, apiKeyAuth } from "../../../src/api/auth.ts";
import { v1 } from "../../../src/api/realtime/protocol/v1.ts";
import { v2 } from "../../../src/api/realtime/protocol/v2.ts";
import { v3 } from "../../../src/api/realtime/protocol/v3.ts";
import { silentLogger } from "../../../src/client/observe/log.ts";
import type { Emulator, EmulatorOptions } from "../../../src/emulator/index.ts";
import { emulate } from "../../support/clients.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { closedPort, serve, serveTcp } from "../../support/serve.ts";
import { failureOf } from "../proxy/support.ts";
import { answer101, closeFrame, frame, opcode, serveRaw } from "../websocket/raw-server.ts";
import { connect, Line, nextEvents, realtimeClient, type Setup } from "./support.ts";

const config = { instructions: "Be brief." };

/** The handshake as the server got it. */
async function handshakeWith(setup: Setup = {}) {
  const emulator = await emulate();
  await connect(emulator.url, setup);
  const request = await emulator.nextRequest();
  return { path: request.path, headers: request.headers, rawHeaders: request.rawHeaders };
}

describe("connecting", () => {
  it.each([v1, v2, v3])("sends the session's settings of $name before it returns", async (protocol) => {
    const emulator = await emulate({ script: [{ stallBeforeHeaders: true }] }); // nothing is waited for
    await connect(emulator.url, { config: { protocol: protocol.name } });
    await emulator.nextRequest();
    const { json } = await emulator.nextRequest();
    expect(json).toEqual({ type: "session.update", session: protocol.session(config) });
  });

  it("uses the protocol's path, with the model", async () => {
    const query = { queryParams: { trace: "1" } };
    expect((await handshakeWith({ provider: query, config: { model: "m" } })).path).toBe(
      "/v1/realtime?model=m&trace=1",
    );
    expect((await handshakeWith({ config: { protocol: "v1" } })).path).toBe("/v1/realtime?intent=quicksilver");
  });

  // parity: identity/handshake-user-agent
  it("offers no compression, and sends the identity as every request does", async () => {
    const { headers } = await handshakeWith();
    expect(headers).not.toHaveProperty("sec-websocket-extensions");
    expect(headers).toMatchObject({ originator: "codex-wire", "user-agent": expect.stringMatching(/^codex-wire\//) });
  });

  it("merges the provider's headers with the call's, which win, and adds defaults", async () => {
    const { headers } = await handshakeWith({
      provider: { headers: { originator: "provider-originator", "x-priority": "provider" } },
      connect: {
        headers: { "X-Priority": "extra" },
        defaultHeaders: { originator: "default-originator", "x-priority": "default", "x-default-only": "1" },
      },
    });
    expect(headers).toMatchObject({ originator: "provider-originator", "x-priority": "extra", "x-default-only": "1" });
  });

  it.each(["v4", "constructor", "__proto__"])("is a build error for the protocol %s", async (name) => {
    const { url } = await emulate();
    const error = await failureOf(connect(url, { config: { protocol: name as "v3" } }));
    expect(error).toMatchObject({ kind: "build", message: expect.stringContaining(`"${name}"`) });
  });

  it("overwrites a session id among the headers with the option's", async () => {
    const setup = { config: { sessionId: "s1" }, connect: { headers: { "X-Session-Id": "s0" } } };
    expect((await handshakeWith(setup)).headers["x-session-id"]).toBe("s1");
    expect((await handshakeWith({ connect: setup.connect })).headers["x-session-id"]).toBe("s0");
  });

  it("is refused before anything is sent if the session id cannot be a header", async () => {
    const failure = await failureOf(
      realtimeClient(`http://127.0.0.1:${await closedPort()}`).connect({ ...config, sessionId: "a\nb" }),
    );
    expect(failure).toMatchObject({
      kind: "build",
      message: expect.stringMatching(/^invalid realtime session id header: /),
    });
  });

  it.each(["no url", "ftp://127.0.0.1"])("is refused for the base URL %s when the client is built", (baseUrl) => {
    expect(() => realtimeClient(baseUrl)).toThrow(expect.objectContaining({ kind: "build" }));
  });

  it("uses the provider's proxy", async () => {
    const proxy = await startHttpProxy();
    const emulator = await emulate();
    const connection = await connect(emulator.url, { provider: { proxy: proxy.url } });
    expect(await connection.nextEvent()).toMatchObject({ type: "session_created" });
    expect(proxy.connects.map(({ target }) => target)).toEqual([new URL(emulator.url).host]);
  });

  it("trusts the provider's CA bundle", async () => {
    const emulator = await emulate({ tls: true });
    const connection = await connect(emulator.url, { provider: { ca: { pem: emulator.caPem ?? "" } } });
    expect(await connection.nextEvent()).toMatchObject({ type: "session_created" });
    const failure = await failureOf(realtimeClient(emulator.url).connect(config));
    expect(failure).toMatchObject({ kind: "network", phase: "tls" });
  });
});

// parity: realtime/auth-provider
describe("credentials", () => {
  it("come from the client's auth provider", async () => {
    const auth: AuthProvider = { bearerToken: () => "token", accountId: async () => "account" };
    const { headers } = await handshakeWith({ client: { auth } });
    expect(headers).toMatchObject({ authorization: "Bearer token", "chatgpt-account-id": "account" });
  });

  it("of the call come first, and the auth provider is not asked", async () => {
    const auth: AuthProvider = {
      bearerToken: () => {
        throw new Error("asked");
      },
    };
    const { headers } = await handshakeWith({
      client: { auth },
      connect: { headers: { Authorization: "Bearer own" } },
    });
    expect(headers.authorization).toBe("Bearer own");
  });

  it("may be in the base URL", async () => {
    const emulator = await emulate();
    await connect(emulator.url.replace("//", "//me:secret@"));
    const { headers } = await emulator.nextRequest();
    expect(headers.authorization).toBe(`Basic ${Buffer.from("me:secret").toString("base64")}`);
  });

  it("are blanked in an error in which the service repeats them", async () => {
    const line = await Line.open({ client: { auth: apiKeyAuth("sk-never-to-be-shown") } });
    line.say({ type: "error", error: { message: "no such key: sk-never-to-be-shown" } });
    expect(await line.connection.nextEvent()).toEqual({ type: "error", message: "no such key: [redacted]" });
  });

  it("are renewed once after a 401", async () => {
    const emulator = await emulate({ requireAuth: "new" });
    let token = "old";
    const auth: AuthProvider = {
      bearerToken: () => token,
      onUnauthorized: () => {
        token = "new";
        return true;
      },
    };
    await connect(emulator.url, { client: { auth } });
    expect(emulator.requests.filter(({ kind }) => kind === "handshake")).toHaveLength(2);
  });

  it("that are still wrong after that are a 401", async () => {
    const emulator = await emulate({ requireAuth: "right" });
    const auth = { ...apiKeyAuth("wrong"), onUnauthorized: () => true };
    const failure = await failureOf(realtimeClient(emulator.url, { client: { auth } }).connect(config));
    expect(failure).toMatchObject({ kind: "http", status: 401 });
    expect(emulator.requests).toHaveLength(2);
  });
});

describe("a failed handshake", () => {
  // parity: realtime/handshake-error
  it.each([
    [401, { error: { message: "no" } }, { kind: "http", status: 401, body: '{"error":{"message":"no"}}' }],
    [426, "upgrade", { kind: "http", status: 426, body: "upgrade" }],
    [
      429,
      { error: { type: "usage_limit_reached", plan_type: "plus" } },
      { kind: "usage_limit_reached", planType: "plus" },
    ],
    [503, { error: { code: "server_is_overloaded" } }, { kind: "server_overloaded", status: 503 }],
  ])("with status %i has that status", async (status, body, expected) => {
    const emulator = await emulate({ script: [{ refuse: { status, body, headers: { "x-request-id": "r1" } } }] });
    const failure = await failureOf(realtimeClient(emulator.url).connect(config));
    expect(failure).toMatchObject({ ...expected, requestId: "r1" });
    expect(emulator.requests).toHaveLength(1); // not retried
  });

  // parity: realtime/connect-timeout
  it("that gets no answer ends with the connect time-out", async () => {
    const emulator = await emulate({ script: [{ refuse: "stall" }] });
    const client = realtimeClient(emulator.url, { provider: { connectTimeoutMs: 50 } });
    expect(await failureOf(client.connect(config))).toMatchObject({ kind: "timeout", phase: "connect", timeoutMs: 50 });
  });

  it("on a port where nothing listens is a network error", async () => {
    const failure = await failureOf(realtimeClient(`http://127.0.0.1:${await closedPort()}`).connect(config));
    expect(failure).toMatchObject({ kind: "network", code: "ECONNREFUSED" });
  });

  it.each([
    [204, {}, /^unexpected status 204 No Content: .*check the base URL/],
    [200, { "content-type": "text/html" }, /^unexpected status 200 OK: Sign in, url: ws:.*captive portal/],
    [302, { location: "https://h.example/login?token=x" }, /It points to https:\/\/h\.example\/login, and a WebSocket/],
  ])("with status %i says what to do", async (status, headers, message) => {
    const { url } = await serve((_request, response) =>
      response.writeHead(status, headers).end(status === 204 ? undefined : "<html><title>Sign in</title></html>"),
    );
    expect(await failureOf(realtimeClient(url).connect(config))).toMatchObject({
      kind: "http",
      status,
      message: expect.stringMatching(message),
    });
  });

  it("whose connection the server closes says so", async () => {
    const { url } = await serveTcp((socket) => socket.once("data", () => socket.end()));
    expect(await failureOf(realtimeClient(url).connect(config))).toMatchObject({
      kind: "stream",
      message: expect.stringMatching(/^websocket closed: ws:.*hung up/),
    });
  });

  it("ends at once when the caller aborts, at any moment", async () => {
    const emulator = await emulate({ script: [{ refuse: "stall" }] });
    const leaving = new AbortController();
    const connecting = failureOf(realtimeClient(emulator.url).connect(config, { signal: leaving.signal }));
    await emulator.nextRequest();
    leaving.abort("enough");
    expect(await connecting).toMatchObject({ kind: "aborted", cause: "enough" });
    const signal = AbortSignal.abort("before");
    expect(await failureOf(realtimeClient(emulator.url).connect(config, { signal }))).toMatchObject({
      cause: "before",
    });
    expect(emulator.requests).toHaveLength(1);
  });
});

it("a connection that opens while the caller aborts is closed", async () => {
  const emulator = await emulate();
  const leaving = new AbortController();
  const logger = {
    ...silentLogger,
    debug: (_fields: object, message: string) => message === "websocket opened" && leaving.abort(),
  };
  const connecting = realtimeClient(emulator.url, { client: { logger } }).connect(config, { signal: leaving.signal });
  expect(await failureOf(connecting)).toMatchObject({ kind: "aborted" });
  await emulator.waitForClosedWebSockets(1);
});

// parity: realtime/ended-at-once
it.each([
  ["v2", closeFrame(1008, "no such model"), undefined],
  ["v3", closeFrame(1008, "no such model"), "the service closed the realtime session with code 1008: no such model"],
  ["v3", frame(opcode.text, "x", 0xf0), expect.stringMatching(/^failed to read websocket message: ./)],
] as const)(
  "a %s session that the service ends with its handshake is read like any other",
  async (protocol, end, why) => {
    const refusal = { type: "error", error: { message: "The model does not exist." } };
    const bytes = Buffer.concat([frame(opcode.text, JSON.stringify(refusal)), end]).toString("latin1");
    const { url } = await serveRaw(undefined, { answer: (key) => answer101(key) + bytes });
    const connection = await connect(url, { config: { protocol } });
    expect(await connection.nextEvent()).toMatchObject({ type: "error", message: "The model does not exist." });
    if (why === undefined) expect(await connection.nextEvent()).toBeUndefined();
    else expect(await failureOf(connection.nextEvent())).toMatchObject({ kind: "stream", message: why });
    expect(connection.isClosed).toBe(true);
  },
);

describe("joining a call", () => {
  const call = { config: { callId: "rtc_1", model: "m" } };
  const handshakes = ({ requests }: Emulator) => requests.filter(({ kind }) => kind === "handshake");

  /** An emulator with the call that is joined. */
  async function emulateCall(options: EmulatorOptions = {}): Promise<Emulator> {
    const emulator = await emulate(options);
    const body = JSON.stringify({ type: "realtime" });
    await fetch(`${emulator.url}/realtime/calls/rtc_1/accept`, { method: "POST", body });
    return emulator;
  }

  it("connects to the call and leaves the model out", async () => {
    const emulator = await emulateCall();
    await connect(emulator.url, call);
    expect(handshakes(emulator).map(({ path }) => path)).toEqual(["/v1/realtime?call_id=rtc_1"]);
  });

  it("is refused for a call that nobody has opened", async () => {
    const emulator = await emulate();
    const client = realtimeClient(emulator.url, { provider: { retry: { maxRetries: 0 } } });
    const failure = await failureOf(client.connect({ ...config, callId: "rtc_1" }));
    expect(failure).toMatchObject({ status: 404, body: expect.stringContaining('"code":"call_id_not_found"') });
  });

  // parity: realtime/sideband-retry
  it.each([404, 500])("is retried after a %i, because the call may be known a moment later", async (status) => {
    const emulator = await emulateCall({ script: [{ refuse: { status } }, { refuse: { status } }] });
    const connection = await connect(emulator.url, call);
    expect(await nextEvents(connection, 1)).toMatchObject([{ type: "session_created" }]);
    expect(handshakes(emulator)).toHaveLength(3);
  });

  it("fails after the provider's retries", async () => {
    const emulator = await emulate({ script: [{ refuse: { status: 404 } }, { refuse: { status: 404 } }] });
    const client = realtimeClient(emulator.url, { provider: { retry: { maxRetries: 1 } } });
    expect(await failureOf(client.connect({ ...config, callId: "rtc_1" }))).toMatchObject({ status: 404 });
  });

  it("is not retried after a final refusal", async () => {
    const emulator = await emulate({ script: [{ refuse: { status: 403 } }] });
    expect(await failureOf(realtimeClient(emulator.url).connect({ ...config, callId: "rtc_1" }))).toMatchObject({
      status: 403,
    });
    expect(emulator.requests).toHaveLength(1);
  });
});
