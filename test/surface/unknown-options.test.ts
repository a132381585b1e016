import { describe, expect, it } from "vitest";
import * as client from "../../src/client/index.ts";
import { codexApi } from "../../src/doors/ai-sdk/index.ts";
import { createResponsesFetch } from "../../src/doors/fetch/index.ts";
import { startGateway } from "../../src/doors/gateway/index.ts";
import { CodexApiModelProvider } from "../../src/doors/openai-agents/index.ts";
import { openTelemetry } from "../../src/doors/opentelemetry/index.ts";
import {
  CodexApi,
  codexAuth,
  createTextParam,
  inputFile,
  inputImage,
  ModelsCache,
  noAuth,
  openaiProvider,
  RealtimeConversation,
  ResponsesClient,
  realtimeCallSession,
} from "../../src/index.ts";
import { clientOptions, emulate } from "../support/clients.ts";

const reached = { provider: openaiProvider(), auth: noAuth() };
const dialer = client.createDialer({ trust: client.createTrust({ env: {} }), env: {} });

async function answered() {
  const { url } = await emulate();
  return new ResponsesClient(clientOptions(url)).stream({ model: "gpt-5", input: "hi" });
}

/** Each call with one option that is misspelt, as code without types may have it, and the name that was meant. */
const CALLS: readonly (readonly [string, string, (misspelt: never) => unknown])[] = [
  ["createFetch", "proxy", (options) => client.createFetch(options)],
  ["createDispatcher", "connectTimeoutMs", (options) => client.createDispatcher(options)],
  ["createHttpAgent", "keepAlive", (options) => client.createHttpAgent(options)],
  ["createHttpsAgent", "maxSockets", (options) => client.createHttpsAgent(options)],
  ["connectWebSocket", "headers", (options) => client.connectWebSocket("ws://127.0.0.1:9", options)],
  ["tlsOptions", "clientCertificate", (options) => client.tlsOptions(options)],
  ["createTrust", "groups", (options) => client.createTrust(options)],
  ["createDialer", "lookup", (options) => client.createDialer(options)],
  ["UndiciTransport", "dialer", (options) => new client.UndiciTransport(options)],
  ["createResponsesFetch", "maxConnections", (options) => createResponsesFetch(options)],
  ["startGateway", "tokens", (options) => startGateway(Object.assign({ ...reached }, options))],
  ["codexApi", "line", (options) => codexApi("m", options)],
  ["CodexApiModelProvider", "defaultModel", (options) => new CodexApiModelProvider(options)],
  ["codexAuth", "alsoSendTo", (options) => codexAuth(options)],
  ["createTextParam", "verbosity", (options) => createTextParam(options)],
  ["realtimeCallSession", "instructions", (options) => realtimeCallSession(options)],
  ["ModelsCache", "clientVersion", (options) => new ModelsCache(options)],
  ["RealtimeConversation", "playedMs", (options) => new RealtimeConversation({} as never, options)],
  ["realtime.connect", "outputModality", (options) => new CodexApi(reached).realtime.connect(options)],
  ["clientSecrets.create", "expiresAfterMs", (options) => new CodexApi(reached).clientSecrets.create(options)],
  ["loadCaBundle", "logger", (options) => client.loadCaBundle({}, options)],
  ["openTelemetry", "tracer", (options) => openTelemetry(options)],
  ["inputImage", "detail", (options) => inputImage("https://localhost/a.png", options)],
  ["inputFile", "filename", (options) => inputFile("https://localhost/a.pdf", options)],
  ["SseDecoder", "maxEventBytes", (options) => new client.SseDecoder({}, options)],
  ["withRetries", "baseDelayMs", (options) => client.withRetries(options, async () => "done")],
  ["the context of withRetries", "random", (options) => client.withRetries({}, async () => "done", options)],
  ["toReadableStream", "as", async (options) => (await answered()).toReadableStream(options)],
];

describe("a misspelt option", () => {
  it.each(CALLS)("of %s is refused with the name that was probably meant", async (_name, meant, call) => {
    const misspelt = `${meant.slice(0, -1)}x${meant.slice(-1)}`;
    const error = await (async () => call({ [misspelt]: "secret" } as never))().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "build" });
    expect(String(error)).toContain(`"${misspelt}"`);
    expect(String(error)).toContain(`did you mean ${meant}?`);
    expect(String(error)).not.toContain("secret");
  });

  it("that is undefined counts as not given", () => {
    expect(() => client.createFetch({ env: {}, proxi: undefined } as never)).not.toThrow();
  });
});

it("a gateway without a provider or credentials says which of them is missing", async () => {
  const started = async (options: object) => startGateway(options as never).catch((thrown: unknown) => thrown);
  expect(await started({ auth: noAuth() })).toMatchObject({
    kind: "build",
    message: expect.stringMatching(/^provider/),
  });
  expect(await started({ provider: openaiProvider() })).toMatchObject({
    kind: "build",
    message: expect.stringMatching(/^auth/),
  });
});

it.each([
  ["a gateway", async (auth: never) => startGateway({ provider: openaiProvider(), auth })],
  ["a fetch", async (auth: never) => createResponsesFetch({ provider: openaiProvider(), auth })],
])("%s refuses a key in place of an auth provider when it is made", async (_what, make) => {
  await expect(make("sk-1" as never)).rejects.toMatchObject({
    kind: "build",
    message: expect.stringMatching(/^auth must be an auth provider: apiKeyAuth\(key\)/),
  });
});

it("a transport is built of the options that there are", () => {
  expect(() => new client.UndiciTransport({ dialer, maxRedirects: 0 })).not.toThrow();
});
