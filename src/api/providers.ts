import type { Environment } from "../client/environment.ts";
import { BuildError } from "../client/failure/kinds.ts";
import { object, withoutUndefined } from "../client/options.ts";
import { header } from "./headers.ts";
import { isOpenaiHost, type ProviderConfig } from "./provider.ts";

/** Settings that should differ from the provider's defaults. An undefined value, for example from an unset variable, keeps the default. */
export type ProviderOverrides = { readonly [Option in keyof ProviderConfig]?: ProviderConfig[Option] | undefined } & {
  /** Environment variables. @default `process.env` */
  readonly env?: Environment | undefined;
};

/**
 * The OpenAI API with an API key. `OPENAI_ORGANIZATION` and `OPENAI_PROJECT` are sent as headers, as in the Rust client, but only to
 * OpenAI's own hosts (parity: `identity/organization-stays-home`).
 */
export function openaiProvider(overrides: ProviderOverrides = {}): ProviderConfig {
  checkOverrides("OpenAI", overrides);
  const env = overrides.env ?? process.env;
  const baseUrl = overrides.baseUrl ?? "https://api.openai.com/v1";
  const account = {
    ...fromEnvironment(header.organization, env.OPENAI_ORGANIZATION),
    ...fromEnvironment(header.project, env.OPENAI_PROJECT),
  };
  return build(overrides, {
    name: "OpenAI",
    baseUrl,
    supportsWebSockets: true,
    ...(isOpenaiHost(baseUrl) ? { headers: account } : {}),
  });
}

/**
 * The ChatGPT backend that the Codex CLI uses after a login; use it with `codexAuth`. Request bodies are zstd-compressed, and the Rust
 * client's originator is sent, which the backend requires.
 */
export function chatgptProvider(overrides: ProviderOverrides = {}): ProviderConfig {
  checkOverrides("ChatGPT", overrides);
  return openaiProvider({
    baseUrl: "https://chatgpt.com/backend-api/codex",
    compression: "zstd",
    originator: "codex_cli_rs",
    supportsInterrupt: true,
    ...withoutUndefined(overrides),
  });
}

/** The one address for which Azure documents WebSockets. */
const AZURE_V1 = /^https:\/\/[^/?#]+\.openai\.azure\.com\/openai\/v1\/?$/i;

/**
 * An Azure OpenAI resource: `baseUrl` like `https://NAME.openai.azure.com/openai/v1`; `apiVersion` becomes a query parameter. At such an
 * address, and without `apiVersion`, sessions use one WebSocket per lane; elsewhere, for example behind a gateway, WebSockets are
 * switched on with `supportsWebSockets: true`.
 *
 * @see https://learn.microsoft.com/azure/foundry/openai/how-to/websockets: one response at a time, 60 minutes, a key as bearer token.
 */
export function azureProvider(
  options: ProviderOverrides & { readonly baseUrl: string; readonly apiVersion?: string | undefined },
): ProviderConfig {
  if (!options?.baseUrl) {
    throw new BuildError("azureProvider needs the resource's baseUrl, e.g. https://NAME.openai.azure.com/openai/v1");
  }
  const { apiVersion, ...overrides } = options;
  return build(overrides, {
    name: "azure",
    baseUrl: options.baseUrl,
    supportsWebSockets: apiVersion === undefined && AZURE_V1.test(options.baseUrl),
    webSocketLimits: { lanes: false },
    ...(apiVersion === undefined ? {} : { queryParams: { "api-version": apiVersion } }),
  });
}

const MINUTE_MS = 60_000;

/**
 * xAI's Responses API, over WebSocket too: sessions use one for each lane.
 *
 * @see https://docs.x.ai/developers/advanced-api-usage/websocket-mode: one response at a time, closed after 25 minutes.
 */
export function xaiProvider(overrides: ProviderOverrides = {}): ProviderConfig {
  const webSocketLimits = { lanes: false, maxAgeMs: 23 * MINUTE_MS };
  return build(overrides, { name: "xAI", baseUrl: "https://api.x.ai/v1", supportsWebSockets: true, webSocketLimits });
}

/**
 * The Vercel AI Gateway; models are named with their maker, as `openai/gpt-5-mini`. Over WebSocket too: sessions use one for each lane and
 * model, and go over HTTP with a model that it does not serve there.
 *
 * @see https://vercel.com/docs/ai-gateway/sdks-and-apis/responses/websockets: one response at a time, one model, messages of 4 MiB, closed
 *   after about 13 minutes.
 */
export function vercelGatewayProvider(overrides: ProviderOverrides = {}): ProviderConfig {
  return build(overrides, {
    name: "Vercel AI Gateway",
    baseUrl: "https://ai-gateway.vercel.sh/v1",
    supportsWebSockets: true,
    webSocketLimits: { lanes: false, maxAgeMs: 11 * MINUTE_MS, maxMessageBytes: 4 * 1024 * 1024, oneModel: true },
  });
}

/** OpenRouter; model names include their maker, like `openai/gpt-5-mini`. HTTP only. */
export function openrouterProvider(overrides: ProviderOverrides = {}): ProviderConfig {
  return build(overrides, { name: "OpenRouter", baseUrl: "https://openrouter.ai/api/v1", supportsWebSockets: false });
}

/** A local Ollama server. `CODEX_OSS_BASE_URL` overrides the address, `CODEX_OSS_PORT` only the port. */
export function ollamaProvider(overrides: ProviderOverrides = {}): ProviderConfig {
  return localProvider(11434, overrides);
}

/** A local LM Studio server, with the same variables as {@link ollamaProvider}. */
export function lmstudioProvider(overrides: ProviderOverrides = {}): ProviderConfig {
  return localProvider(1234, overrides);
}

function localProvider(defaultPort: number, overrides: ProviderOverrides): ProviderConfig {
  checkOverrides("local", overrides);
  const env = overrides.env ?? process.env;
  const wanted = env.CODEX_OSS_PORT ?? "";
  const port = /^\d+$/.test(wanted) && Number(wanted) <= 65_535 ? Number(wanted) : defaultPort;
  const address = env.CODEX_OSS_BASE_URL?.trim() ? env.CODEX_OSS_BASE_URL.trim() : `http://localhost:${port}/v1`;
  return build(overrides, { name: "gpt-oss", baseUrl: address });
}

function build(overrides: ProviderOverrides, defaults: ProviderConfig): ProviderConfig {
  checkOverrides(defaults.name, overrides);
  const { env: _env, ...given } = withoutUndefined(overrides);
  return {
    ...defaults,
    ...given,
    ...(defaults.webSocketLimits && given.webSocketLimits
      ? { webSocketLimits: { ...defaults.webSocketLimits, ...withoutUndefined(given.webSocketLimits) } }
      : {}),
    ...(defaults.headers || given.headers ? { headers: { ...defaults.headers, ...lowerCased(given.headers) } } : {}),
    ...(defaults.queryParams || given.queryParams
      ? { queryParams: { ...defaults.queryParams, ...withoutUndefined(given.queryParams ?? {}) } }
      : {}),
  };
}

/** @throws {@link BuildError} They are no object; for example, an untyped caller passed the base URL itself. */
function checkOverrides(name: string, overrides: ProviderOverrides): void {
  object(`the options of the ${name} provider`, overrides, "an object, for example { baseUrl }");
}

/** A blank value counts as unset; any other is used untrimmed, as in the Rust client. */
function fromEnvironment(name: string, value: string | undefined): Record<string, string> {
  return value?.trim() ? { [name]: value } : {};
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(withoutUndefined(headers)).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
