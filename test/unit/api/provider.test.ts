import { describe, expect, it } from "vitest";
import { endpointUrl, isAzure, providerLimits, websocketUrl } from "../../../src/api/provider.ts";
import {
  azureProvider,
  chatgptProvider,
  lmstudioProvider,
  ollamaProvider,
  openaiProvider,
  openrouterProvider,
  type ProviderOverrides,
  vercelGatewayProvider,
  xaiProvider,
} from "../../../src/api/providers.ts";
import { defaultRetryPolicy } from "../../../src/client/retry/policy.ts";

/** What untyped code gets from an unset variable. */
const unset = undefined as unknown as string;

const at = (baseUrl: string, queryParams?: Record<string, string>) => ({ name: "x", baseUrl, queryParams });

describe("an endpoint's URL", () => {
  it.each([
    ["https://h/v1", "responses", "https://h/v1/responses"],
    ["https://h/v1//", "//responses", "https://h/v1/responses"],
    ["https://h/v1/", "", "https://h/v1"],
    ["https://h", "a/b", "https://h/a/b"],
    ["https://h/v1?api-version=1", "responses", "https://h/v1/responses?api-version=1"],
    [" https://h/v1 ", "responses", "https://h/v1/responses"],
    ["https://h/v1#part", "responses", "https://h/v1/responses"],
    ["https://h/v1?a=1#part", "responses", "https://h/v1/responses?a=1"],
  ])("%s and %s give %s", (base, path, expected) => {
    expect(endpointUrl(at(base), path)).toBe(expected);
  });

  it("joins its own query, the provider's and the call's", () => {
    expect(endpointUrl(at("https://h/v1?a=1", { b: "2 3" }), "models", { c: "&" })).toBe(
      "https://h/v1/models?a=1&b=2%203&c=%26",
    );
  });

  it("leaves out a parameter that is undefined", () => {
    expect(endpointUrl(at("https://h/v1", { a: unset, b: "1" }), "models", { c: unset })).toBe(
      "https://h/v1/models?b=1",
    );
  });

  it.each([
    ["http://h/v1", "ws://h/v1/responses"],
    ["https://h/v1", "wss://h/v1/responses"],
    ["ws://h/v1", "ws://h/v1/responses"],
    ["wss://h/v1", "wss://h/v1/responses"],
  ])("of a WebSocket: %s becomes %s", (base, expected) => {
    expect(websocketUrl(at(base), "responses")).toBe(expected);
  });

  it.each(["h/v1", "ftp://h", "", "https://"])("from %j is a build error", (base) => {
    expect(() => endpointUrl(at(base), "x")).toThrow(expect.objectContaining({ kind: "build" }));
  });

  it.each(["https://user:s3cret@h:99999/v1", "htp://user:s3/cret@h/v1", "user:s3cret@h/v1"])(
    "shows no password of an invalid base URL: %s",
    (base) => {
      expect(() => endpointUrl(at(base), "x")).toThrow(/^(?!.*cret)base URL (.*\[redacted\]@h|\(16 characters)/);
    },
  );
});

describe("Azure", () => {
  it.each([
    ["azure", "https://h", true],
    ["AZURE", "https://h", true],
    ["x", "https://foo.openai.azure.com/openai", true],
    ["x", "https://foo.OpenAI.Azure.us/openai", true],
    ["x", "https://foo.cognitiveservices.azure.com", true],
    ["x", "https://foo.aoai.azure.com", true],
    ["x", "https://foo.azure-api.net", true],
    ["x", "https://foo.z01.azurefd.net/", true],
    ["x", "https://foo.windows.net/openai", true],
    ["x", "https://myproxy.azurewebsites.net/openai", false],
    ["azurelike", "https://h", false],
  ])("name %s at %s: %s", (name, baseUrl, expected) => {
    expect(isAzure({ name, baseUrl })).toBe(expected);
  });
});

describe("a built-in provider", () => {
  it("cannot be made from a text, because an address alone would be ignored", () => {
    const address = "https://gateway.test/v1" as unknown as ProviderOverrides; // as untyped code may give it
    expect(() => openaiProvider(address)).toThrow(
      "the options of the OpenAI provider must be an object, for example { baseUrl }, and is",
    );
    expect(() => xaiProvider(address)).toThrow(
      "the options of the xAI provider must be an object, for example { baseUrl }, and is",
    );
  });

  it("openai: the API's address, organization and project, WebSockets", () => {
    const env = { OPENAI_ORGANIZATION: "org", OPENAI_PROJECT: "  " };
    expect(openaiProvider({ env })).toEqual({
      name: "OpenAI",
      baseUrl: "https://api.openai.com/v1",
      supportsWebSockets: true,
      headers: { "openai-organization": "org" },
    });
  });

  // parity: identity/organization-stays-home
  it.each([
    ["https://api.openai.com/v1", true],
    ["https://eu.api.openai.com/v1", true],
    ["https://chatgpt.com/backend-api/codex", true],
    ["https://gateway.example/openai.com/v1", false],
    ["https://notopenai.com/v1", false],
    ["http://127.0.0.1:8080/v1", false],
  ])("openai: the environment's organization and project go to %s: %s", (baseUrl, goes) => {
    const env = { OPENAI_ORGANIZATION: "org", OPENAI_PROJECT: "proj" };
    const headers = openaiProvider({ env, baseUrl }).headers ?? {};
    expect(Object.keys(headers)).toEqual(goes ? ["openai-organization", "openai-project"] : []);
  });

  it("xai, vercel and openrouter: address, and WebSockets if they support them", () => {
    expect(xaiProvider()).toMatchObject({ name: "xAI", baseUrl: "https://api.x.ai/v1", supportsWebSockets: true });
    expect(vercelGatewayProvider()).toMatchObject({ supportsWebSockets: true });
    expect(openrouterProvider()).toMatchObject({ supportsWebSockets: false });
  });

  it("chatgpt: the backend's address and compressed bodies", () => {
    expect(chatgptProvider({ env: {} })).toMatchObject({
      name: "OpenAI",
      baseUrl: "https://chatgpt.com/backend-api/codex",
      compression: "zstd",
      originator: "codex_cli_rs",
      supportsWebSockets: true,
      supportsInterrupt: true,
    });
  });

  it("azure: name, address and api-version", () => {
    expect(azureProvider({ baseUrl: "https://r.openai.azure.com/openai/v1", apiVersion: "2026" })).toEqual({
      name: "azure",
      baseUrl: "https://r.openai.azure.com/openai/v1",
      queryParams: { "api-version": "2026" },
      supportsWebSockets: false,
      webSocketLimits: { lanes: false },
    });
    expect(() => azureProvider({ baseUrl: "" })).toThrow(expect.objectContaining({ kind: "build" }));
  });

  it.each([
    [{}, "http://localhost:11434/v1", "http://localhost:1234/v1"],
    [{ CODEX_OSS_PORT: "99" }, "http://localhost:99/v1", "http://localhost:99/v1"],
    [{ CODEX_OSS_PORT: "70000" }, "http://localhost:11434/v1", "http://localhost:1234/v1"],
    [{ CODEX_OSS_PORT: "99", CODEX_OSS_BASE_URL: " http://box/v1 " }, "http://box/v1", "http://box/v1"],
    [{ CODEX_OSS_BASE_URL: " " }, "http://localhost:11434/v1", "http://localhost:1234/v1"],
  ])("ollama and lmstudio with %j", (env, ollama, lmstudio) => {
    expect(ollamaProvider({ env })).toEqual({ name: "gpt-oss", baseUrl: ollama });
    expect(lmstudioProvider({ env })).toEqual({ name: "gpt-oss", baseUrl: lmstudio });
  });

  it.each<[string, ProviderOverrides]>([
    ["an address", { baseUrl: undefined }],
    ["the use of WebSockets", { supportsWebSockets: undefined }],
    ["a name and numbers", { name: undefined, connectTimeoutMs: undefined, retry: undefined, env: undefined }],
    ["headers and parameters", { headers: undefined, queryParams: undefined }],
    ["one header", { headers: { Version: unset } }],
  ])("keeps its default if %s is undefined", (_what, overrides) => {
    expect(openaiProvider({ env: {}, ...overrides })).toEqual(openaiProvider({ env: {} }));
    expect(chatgptProvider({ env: {}, ...overrides })).toEqual(chatgptProvider({ env: {} }));
  });

  it("compresses for chatgpt if `compression` is undefined", () => {
    expect(chatgptProvider({ env: {}, compression: undefined })).toHaveProperty("compression", "zstd");
  });

  it("keeps azure's api-version if a parameter is undefined", () => {
    const options = { baseUrl: "https://h", apiVersion: "1", queryParams: { "api-version": unset } };
    expect(azureProvider(options)).toHaveProperty("queryParams", { "api-version": "1" });
  });

  it("keeps its own headers beside the caller's, which overwrite them", () => {
    const provider = openaiProvider({ env: {}, headers: { "X-Own": "1", Version: "9" } });
    expect(provider.headers).toEqual({ version: "9", "x-own": "1" });
  });
});

describe("a provider's numbers", () => {
  it("are the reference's by default", () => {
    expect(providerLimits(at("https://h"))).toEqual({
      retry: {
        maxRetries: 4,
        baseDelayMs: 200,
        retry429: false,
        retry5xx: true,
        retryTransport: true,
        maxRetryAfterMs: 60_000,
      },
      maxStreamRetries: 5,
      streamIdleTimeoutMs: 300_000,
      livenessTimeoutMs: 60_000,
      connectTimeoutMs: 15_000,
      headersTimeoutMs: 300_000,
    });
  });

  // parity: timeout/headers
  it("are capped at 100 retries, and the wait for headers is separate from the idle time-out", () => {
    const limits = providerLimits({
      ...at("https://h"),
      retry: { maxRetries: 1000 },
      maxStreamRetries: 101,
      streamIdleTimeoutMs: 7,
    });
    expect(limits).toMatchObject({ retry: { maxRetries: 100 }, maxStreamRetries: 100, headersTimeoutMs: 300_000 });
  });

  it.each([
    [
      { retry: { baseDelayMs: Number.NaN } },
      "retry.baseDelayMs must be a number of milliseconds, 0 or more, and is NaN",
    ],
    [{ retry: { baseDelayMs: -1 } }, "retry.baseDelayMs must be a number of milliseconds, 0 or more, and is -1"],
    [
      { retry: { maxRetryAfterMs: -1 } },
      "retry.maxRetryAfterMs must be a number of milliseconds, 0 or more, and is -1",
    ],
    [{ retry: { maxRetries: 1.5 } }, "retry.maxRetries must be a whole number, 0 or more, and is 1.5"],
    [{ maxStreamRetries: Number.NaN }, "maxStreamRetries must be a whole number, 0 or more, and is NaN"],
    [{ connectTimeoutMs: "9" as never }, 'connectTimeoutMs must be a number of milliseconds, 0 or more, and is "9"'],
    [{ compression: "br" as never }, 'compression must be one of none, zstd, gzip, auto, and is "br"'],
    [{ sessionHeaders: "s" as never }, 'sessionHeaders must be one of underscore, hyphen, both, and is "s"'],
    [{ baseUrl: unset }, "baseUrl must be a text, and is a value of type undefined"],
  ])("and names are a build error if they are invalid: %j", (options, message) => {
    expect(() => providerLimits({ ...at("https://h"), ...options })).toThrow(
      expect.objectContaining({ kind: "build", message: `provider "x": ${message}` }),
    );
  });

  it.each(Object.keys(defaultRetryPolicy))("keep the default of retry.%s if it is undefined", (name) => {
    const limits = providerLimits({ ...at("https://h"), retry: { [name]: undefined } });
    expect(limits.retry).toEqual(defaultRetryPolicy);
  });
});
