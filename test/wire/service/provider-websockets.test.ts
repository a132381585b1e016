import { describe, expect, it } from "vitest";
import { apiKeyAuth, noAuth } from "../../../src/api/auth.ts";
import { CodexApi } from "../../../src/api/codex-api.ts";
import type { ProviderConfig } from "../../../src/api/provider.ts";
import { azureProvider, vercelGatewayProvider, xaiProvider } from "../../../src/api/providers.ts";
import type { AuthProvider } from "../../../src/index.ts";
import { emulate } from "../../support/clients.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { answerTo, asking, bodiesAt, handshakesAt, kindsOf, openSession, wire } from "../session/support.ts";
import { type Frame, serveWebSocket, type Tell } from "../websocket/plain-server.ts";

const AZURE = "https://resource.openai.azure.com/openai/v1";
const PROVIDERS = [
  ["Azure", azureProvider, AZURE],
  ["xAI", xaiProvider, "https://api.x.ai/v1"],
  ["the Vercel AI Gateway", vercelGatewayProvider, "https://ai-gateway.vercel.sh/v1"],
] as const;

/** The state of a provider's WebSockets, without its address. */
function limitsOf({ name, webSocketLimits }: ProviderConfig): Partial<ProviderConfig> {
  return { name, webSocketLimits };
}

const VERCEL = limitsOf(vercelGatewayProvider());

/** Answers a request at once. */
function answer({ model }: Frame, tell: Tell): void {
  tell(wire.created);
  tell(wire.done(wire.message(String(model))));
  tell(wire.completed());
}

function openApi(provider: ProviderConfig, auth: AuthProvider) {
  return new CodexApi({ provider, auth, env: {} });
}

describe.each(PROVIDERS)("%s", (_name, providerOf, address) => {
  it("is asked for a WebSocket at the address of its documentation, over TLS", async () => {
    const proxy = await startHttpProxy({ refuseWith: { status: 403 } });
    const provider = providerOf({ baseUrl: address, proxy: proxy.url, retry: { maxRetries: 0 } });
    await using api = openApi(provider, noAuth());
    await using session = api.session({ carrier: "websocket" });
    expect(api.session().carrier).toBe("websocket");
    await expect(session.preconnect()).rejects.toMatchObject({ kind: "network" });
    expect(proxy.connects.map(({ target }) => target)).toEqual([`${new URL(address).hostname}:443`]);
  });

  it("gets the key as bearer token, and no lane's name: each lane has a connection of its own", async () => {
    const waiting: (() => void)[] = [];
    const server = await serveWebSocket((frame, tell) => {
      waiting.push(() => answer(frame, tell));
      if (waiting.length === 3) for (const each of waiting) each();
    });
    const baseUrl = server.url.replace("/v1", new URL(address).pathname);
    await using api = openApi(providerOf({ baseUrl }), apiKeyAuth("the-key"));
    await using session = api.session({ carrier: "websocket" });
    const speakers = [session, session.lane("a"), session.lane("b")];
    await Promise.all(speakers.map(async (each) => (await each.stream(asking("one"))).collect()));
    expect(server.handshakes.map(({ url }) => url)).toEqual(Array(3).fill(`${new URL(address).pathname}/responses`));
    expect(server.handshakes.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill("Bearer the-key"));
    expect(server.frames.map(({ stream_id }) => stream_id)).toEqual(Array(3).fill(undefined));
  });
});

describe("Azure", () => {
  it.each([
    ["the documented address", {}, "websocket"],
    ["with a slash at its end", { baseUrl: `${AZURE}/` }, "websocket"],
    ["a version of the API", { apiVersion: "2025-04-01-preview" }, "http"],
    ["a deployment's own path", { baseUrl: "https://resource.openai.azure.com/openai/deployments/d" }, "http"],
    ["a gateway before it", { baseUrl: "https://company.azure-api.net/openai/v1" }, "http"],
    [
      "a gateway that says it has them",
      { baseUrl: "https://g.azure-api.net/v1", supportsWebSockets: true },
      "websocket",
    ],
  ])("%s: sessions begin over %s", async (_what, options, carrier) => {
    await using api = openApi(azureProvider({ baseUrl: AZURE, ...options }), noAuth());
    expect(api.session().carrier).toBe(carrier);
  });

  it("a key in api-key goes out as bearer token too, the only form that is documented for a WebSocket", async () => {
    const server = await serveWebSocket(answer);
    await using api = openApi(azureProvider({ baseUrl: server.url }), { headers: () => ({ "api-key": "the-key" }) });
    await using session = api.session({ carrier: "websocket" });
    await session.preconnect();
    expect(server.handshakes[0]?.headers).toMatchObject({ "api-key": "the-key", authorization: "Bearer the-key" });
  });

  it("an Entra ID token beside a key stays as it is", async () => {
    const server = await serveWebSocket(answer);
    const auth = { bearerToken: () => "token", headers: () => ({ "api-key": "the-key" }) };
    await using api = openApi(azureProvider({ baseUrl: server.url }), auth);
    await using session = api.session({ carrier: "websocket" });
    await session.preconnect();
    expect(server.handshakes[0]?.headers).toMatchObject({ "api-key": "the-key", authorization: "Bearer token" });
  });
});

describe("a provider's limits of a WebSocket", () => {
  it("a connection is replaced from maxAgeMs on, unless the session says otherwise", async () => {
    const emulator = await emulate();
    const provider = { webSocketLimits: { maxAgeMs: 0 } };
    const { session } = openSession(emulator.url, {}, provider);
    const { session: other } = openSession(emulator.url, { maxConnectionAgeMs: 60_000 }, provider);
    for (const each of [session, session, other, other]) await answerTo(each, asking("one"));
    expect(handshakesAt(emulator)).toHaveLength(3);
  });

  it("a request beyond maxMessageBytes goes over HTTP, and the next one over the WebSocket again", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, {}, { webSocketLimits: { maxMessageBytes: 1_000 } });
    const long = { ...asking("one"), instructions: "x".repeat(1_000) };
    for (const request of [asking("one"), long, asking("two")]) await answerTo(session, request);
    expect(kindsOf(emulator)).toEqual(["handshake", "frame", "http", "frame"]);
  });

  it.each([{ maxAgeMs: -1 }, { maxMessageBytes: 0 }, { maxAge: 1 } as object])(
    "%o is a build error",
    (webSocketLimits) => {
      expect(() => openApi(xaiProvider({ webSocketLimits }), noAuth())).toThrow(
        expect.objectContaining({ kind: "build" }),
      );
    },
  );
});

describe("a WebSocket of the Vercel AI Gateway", () => {
  it("serves one model: another one's request gets another connection, and none is refused", async () => {
    const models = new Map<unknown, unknown>();
    const server = await serveWebSocket((frame, tell, socket) => {
      if ((models.get(socket) ?? frame.model) === frame.model) {
        models.set(socket, frame.model);
        return answer(frame, tell);
      }
      tell({ type: "error", status: 400, error: { type: "invalid_request_error", message: "another model" } });
      socket.close(1008);
    });
    const { session } = openSession(server.url, { carrier: "websocket", maxConnections: 2 }, VERCEL);
    const lane = session.lane("small");
    const texts = [];
    for (const [speaker, model] of [
      [session, "a"],
      [lane, "b"],
      [session, "a"],
      [lane, "c"],
      [session, "a"],
    ] as const)
      texts.push((await (await speaker.stream({ model, input: "x" })).collect()).text);
    expect(texts).toEqual(["a", "b", "a", "c", "a"]);
    expect(server.sockets).toHaveLength(3);
  });

  it("where each connection serves another model, a further one is a limit error that says so", async () => {
    const server = await serveWebSocket(answer);
    const { session } = openSession(server.url, { carrier: "websocket", maxConnections: 1 }, VERCEL);
    await answerTo(session, { model: "a", input: "x" });
    const refused = session.lane("b").stream({ model: "b", input: "x" });
    await expect(refused).rejects.toMatchObject({
      kind: "limit",
      what: "connections",
      message: expect.stringContaining("model"),
    });
  });

  it("a model that it does not serve there is asked for over HTTP, in the same call and for good", async () => {
    const message = "Model anthropic/claude-sonnet-4.5 is not available over WebSocket";
    const error = { code: null, message, param: "model", type: "invalid_request_error" };
    const emulator = await emulate({ script: [{ events: [{ type: "error", status: 400, error }] }] });
    const { session, notices } = openSession(emulator.url, {}, VERCEL);
    for (const text of ["one", "two"]) expect((await answerTo(session, asking(text))).text).toBe(text);
    expect(kindsOf(emulator)).toEqual(["handshake", "frame", "http", "http"]);
    expect(notices).toMatchObject([{ layer: "fallback", reason: { kind: "invalid_request", message } }]);
  });

  it("the same refusal, where nothing but a WebSocket may be used, is the caller's, and not asked again", async () => {
    const error = { code: null, message: "m is not available over WebSocket", param: "model" };
    const emulator = await emulate({ script: [{ events: [{ type: "error", status: 400, error }] }] });
    const { session } = openSession(emulator.url, { carrier: "websocket" }, VERCEL);
    await expect(answerTo(session, asking("one"))).rejects.toMatchObject({ kind: "invalid_request" });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("close code 4402 is a quota_exceeded error, and not asked again", async () => {
    const server = await serveWebSocket((_frame, tell, socket) => {
      tell(wire.created);
      socket.close(4402, "Insufficient credits");
    });
    const { session } = openSession(server.url, { carrier: "websocket" }, VERCEL);
    const failure = {
      kind: "quota_exceeded",
      status: 402,
      message: expect.stringContaining("Insufficient credits. Add"),
    };
    await expect(answerTo(session, asking("one"))).rejects.toMatchObject(failure);
    expect(server.frames).toHaveLength(1);
  });
});
