import { describe, expect, it, onTestFinished } from "vitest";
import { CodexApi } from "../../../src/api/codex-api.ts";
import { functionTool } from "../../../src/api/compose/tools.ts";
import { CompactClient } from "../../../src/api/endpoints/compact/client.ts";
import { FilesClient } from "../../../src/api/endpoints/files/client.ts";
import { ModelsCache } from "../../../src/api/endpoints/models/cache.ts";
import { ModelsClient } from "../../../src/api/endpoints/models/client.ts";
import { RealtimeWebSocketClient } from "../../../src/api/realtime/client.ts";
import { realtimeCallSession } from "../../../src/api/realtime/protocol/protocols.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { ResponsesWebSocketClient } from "../../../src/api/responses/websocket/client.ts";
import { Service } from "../../../src/api/service/service.ts";
import { ResponsesSession } from "../../../src/api/session/session.ts";
import { mergeHeaders } from "../../../src/client/headers.ts";
import { connectWebSocket, createFetch } from "../../../src/client/interop/index.ts";
import { type ConnectLimits, createDialer } from "../../../src/client/route/index.ts";
import { SseDecoder } from "../../../src/client/sse/index.ts";
import { createTrust } from "../../../src/client/trust/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { get, openTransport } from "../../support/transport.ts";

/** Nobody listens there: what is sent fails with another error. */
const options = clientOptions("http://127.0.0.1:9/v1", { retry: { maxRetries: 0 } });

/** Values that untyped code may pass. */
const odd = (value: unknown) => value as never;

describe("an invalid option is a build error:", () => {
  it.each<[string, () => unknown, string]>([
    [
      "a session's age",
      () => session({ maxConnectionAgeMs: Number.NaN }),
      "maxConnectionAgeMs must be a number of mill",
    ],
    [
      "a session's size",
      () => session({ maxFrameBytes: -5 }),
      "maxFrameBytes must be a number of bytes, 1 or more, and is -5",
    ],
    [
      "a session's carrier",
      () => session({ carrier: odd("ws") }),
      'carrier must be one of auto, websocket, http, and is "ws"',
    ],
    [
      "a session's coding",
      () => session({ compression: odd("br") }),
      'compression must be one of none, zstd, gzip, auto, and is "br"',
    ],
    [
      "a response's coding",
      respondIn("deflate"),
      'compression must be one of none, zstd, gzip, auto, and is "deflate"',
    ],
    [
      "a time for models",
      () => models().list({ clientVersion: "1.2.3", timeoutMs: Number.NaN }),
      "timeoutMs must be a number",
    ],
    [
      "a WebSocket client's options",
      () => new ResponsesWebSocketClient(odd(undefined)),
      "the options of a client must",
    ],
    ["an uploader's options", () => new FilesClient(odd({ auth: options.auth })), "provider must be a provider"],
    ["a transport's time", () => openTransport({ connectTimeoutMs: Number.NaN }), "connectTimeoutMs must be a number"],
    [
      "a cached list's signal",
      () => cache(1).list({ signal: odd(new AbortController()) }),
      "signal must be an AbortSignal",
    ],
    ["a client's options", () => new ResponsesClient(odd(undefined)), "the options of a client must be an object"],
    ["a provider", () => new ResponsesClient(odd({ auth: options.auth })), "provider must be a provider, such as"],
    ["an auth provider", () => new ModelsClient(odd({ ...options, auth: "sk-key" })), "auth must be an auth provider"],
    ["a WebSocket's auth", () => new RealtimeWebSocketClient(odd({ ...options, auth: {} })), "no method bearerToken"],
    ["a session's auth", () => session({ auth: odd(undefined) }), "auth must be an auth provider"],
    [
      "a signal",
      () => models().list({ clientVersion: "1.2.3", signal: odd(new AbortController()) }),
      "signal must be an AbortSignal; that of an AbortController is its property `signal`",
    ],
    [
      "a header",
      () => models().list({ clientVersion: "1.2.3", headers: { "x-a": odd(5) } }),
      "x-a cannot be sent: it must be a string",
    ],
    ["a bundle", () => createTrust({ env: {}, ca: odd("PEM") }), "ca must be { path } or { pem }"],
    ["a bundle's content", () => createTrust({ env: {}, ca: odd({ file: "x" }) }), "ca must be { path } with a file's"],
    [
      "a client certificate",
      () => createTrust({ env: {}, clientCertificate: odd({ cert: "PEM", key: "PEM" }) }),
      "the client certificate must be { path } or { pem }",
    ],
    ["a proxy", () => createFetch({ env: {}, proxy: odd(true) }), "proxy must be a text, and is true"],
    ["a version", () => models().list({ clientVersion: odd(7) }), "clientVersion must be a text, and is 7"],
    [
      "a misspelt one",
      () => session({ carier: "http" } as never),
      'unknown option "carier" in the options of a session; did you mean carrier?',
    ],
    [
      "one of a call",
      () => new ResponsesClient(options).stream({ model: "m", input: "" }, odd({ sigal: 1 })),
      "did you mean signal?",
    ],
    [
      "one of a provider",
      () => new ResponsesClient(clientOptions("http://h", odd({ baseURL: "x" }))),
      "did you mean baseUrl?",
    ],
    [
      "one of the retries",
      () => new ResponsesClient(clientOptions("http://h", { retry: odd({ maxRetry: 1 }) })),
      "did you mean maxRetries?",
    ],
    [
      "a provider's name",
      () => new CodexApi({ provider: odd("openai") }),
      'such as openaiProvider() makes one, and is "openai"',
    ],
    ["a key for CodexApi", () => new CodexApi(odd({ apiKey: "sk-1" })), "give auth: apiKeyAuth(key)"],
    [
      "another SDK's base URL for CodexApi",
      () => new CodexApi(odd({ baseURL: "http://h" })),
      "give provider: openaiProvider({ baseUrl })",
    ],
    [
      "a provider's option for CodexApi",
      () => new CodexApi(odd({ ca: "x" })),
      "give provider: openaiProvider({ baseUrl, ca })",
    ],
    ["one that resembles no option", () => session(odd({ frobnicate: 1 })), "there are provider, auth,"],
    [
      "both a service and a provider",
      () => new ResponsesClient(odd({ ...options, service: new Service(options) })),
      "give service or provider and auth",
    ],
    ["a cache's time", () => cache(-1), "ttlMs must be a number of milliseconds, 0 or more, and is -1"],
    ["a form of compaction", () => compact("endpiont"), 'form must be one of endpoint, trigger, and is "endpiont"'],
    ["a protocol", () => connect({ protocol: odd("v4") }), 'protocol must be one of v1, v2, v3, and is "v4"'],
    ["a protocol with an unknown name", () => connect({ protocol: odd("toString") }), "protocol must be one of"],
    [
      "a mode",
      () => realtimeCallSession({ instructions: "", mode: odd("dictation") }),
      "mode must be one of conversational, transcription,",
    ],
    [
      "an output",
      () => realtimeCallSession({ instructions: "", outputModality: odd("video") }),
      "outputModality must be one of audio, text,",
    ],
    [
      "a limit of redirects",
      () => openTransport({ maxRedirects: Number.NaN }),
      "maxRedirects must be a whole number, 0 or more, and is NaN",
    ],
    [
      "a limit of a body",
      () => openTransport({ maxBodyBytes: 0 }),
      "maxBodyBytes must be a number of bytes, 1 or more, and is 0",
    ],
    ["a limit of an event", () => new SseDecoder({}, { maxEventBytes: Number.NaN }), "maxEventBytes must be"],
    ["a policy's time", () => createFetch({ env: {}, connectTimeoutMs: Number.NaN }), "connectTimeoutMs must be"],
    [
      "a request's time",
      () => openTransport().execute(get("http://127.0.0.1:9", { timeouts: { totalMs: Number.NaN } })),
      "the time limit must be",
    ],
    [
      "a dial's time",
      () => dial({ timeoutMs: -1 }),
      "timeoutMs must be a number of milliseconds, 0 or more, and is -1",
    ],
    [
      "a header's value",
      () => mergeHeaders({ a: odd(7) }),
      "the value of header a cannot be sent: it must be a string",
    ],
    ["a client's service", () => new ResponsesClient(odd({ service: {} })), "service must be that of a CodexApi"],
    ["a lane's name", respondOn("no spaces"), "streamId must be 1 to 256 characters of A-Z"],
    ["a lane's name of another type", respondOn(7), "streamId must be 1 to 256 characters of A-Z"],
    [
      "a tool's parameters",
      () => functionTool({ name: "t", parameters: odd(7) }),
      "the JSON Schema is missing or not an object",
    ],
    [
      "a tool without any",
      () => functionTool(odd({ name: "t" })),
      'one without properties is { type: "object", properties: {} }',
    ],
    ["a web stream's form", async () => (await answered()).toReadableStream({ as: odd("json") }), "as must be one of"],
    [
      "a limit of a message",
      () => connectWebSocket("ws://127.0.0.1:9", { env: {}, maxMessageBytes: Number.NaN }),
      "maxMessageBytes must be",
    ],
  ])("%s", async (_what, call, message) => {
    await expect((async () => call())()).rejects.toMatchObject({
      kind: "build",
      message: expect.stringContaining(message),
    });
  });

  it("a long value is not shown, because it may be a misplaced key", async () => {
    const key = `sk-${"x".repeat(40)}`;
    await expect(compact(key)).rejects.toThrow("form must be one of endpoint, trigger, and is a value of type string");
  });
});

function respondOn(streamId: unknown) {
  return async () => {
    const emulator = await emulate();
    const connection = await new ResponsesWebSocketClient(clientOptions(emulator.url)).connect();
    onTestFinished(() => connection.close());
    return connection.stream({ model: "m", input: "x" }, { streamId: odd(streamId) });
  };
}

async function answered() {
  const emulator = await emulate();
  return new ResponsesClient(clientOptions(emulator.url)).stream({ model: "m", input: "x" });
}

function dial(limits: ConnectLimits) {
  const dialer = createDialer({ trust: createTrust({ env: {} }), env: {} });
  return dialer.dial({ protocol: "http:", hostname: "127.0.0.1", port: 9 }, limits);
}

function session(more: object) {
  return new ResponsesSession({ ...options, ...more });
}

function respondIn(compression: string) {
  return () => new ResponsesClient(options).stream({ model: "m", input: "x" }, { compression: odd(compression) });
}

function models() {
  return new ModelsClient(options);
}

function cache(ttlMs: number) {
  return new ModelsCache({ client: models(), clientVersion: "1.2.3", ttlMs });
}

function compact(form: string) {
  return new CompactClient(options).compact({ model: "m", input: "x" }, { form: odd(form) });
}

function connect(config: object) {
  return new RealtimeWebSocketClient(options).connect({ instructions: "", ...config });
}
