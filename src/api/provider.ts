import querystring from "node:querystring";
import { COMPRESSIONS, type Compression } from "../client/compression.ts";
import { BuildError } from "../client/failure/kinds.ts";
import type { HeaderInit } from "../client/headers.ts";
import { byteCount, knownOptions, milliseconds, oneOf, text, withoutUndefined } from "../client/options.ts";
import { type RetryPolicy, type RetrySettings, retryCount, retrySettings } from "../client/retry/policy.ts";
import { DEFAULT_CONNECT_TIMEOUT_MS } from "../client/route/index.ts";
import { DEFAULT_HEADERS_TIMEOUT_MS } from "../client/transport.ts";
import type { CaSource, ClientCertificate } from "../client/trust/index.ts";

/** `underscore`: `session_id`; `hyphen`: `session-id` and `thread-id`; `both`: all three. */
export type SessionHeaderNames = "underscore" | "hyphen" | "both";

/** What the WebSockets of a service take, and how long they last. */
export interface WebSocketLimits {
  /** Whether one answers several requests at a time (`stream_id`). False: sessions give each lane a connection. Default: the first answer to a lane shows it. */
  readonly lanes?: boolean | undefined;
  /** Age in milliseconds from which a session replaces one before the next request. Default 3 300 000: OpenAI ends them after 60 minutes. */
  readonly maxAgeMs?: number | undefined;
  /** Largest message, in bytes, where the handshake does not say it. Default: no bound but a session's `maxFrameBytes`. */
  readonly maxMessageBytes?: number | undefined;
  /** Whether one serves only the model of its first request. Sessions then open another for another model. Default false. */
  readonly oneModel?: boolean | undefined;
}

/** Where the API is and how it is spoken to. All times are milliseconds; 0 is no limit. */
export interface ProviderConfig {
  /** `azure` (any case) marks an Azure endpoint, `OpenAI` the service itself. */
  readonly name: string;
  /** With its version segment, e.g. `https://api.openai.com/v1`. User name and password in it go out as basic authorization, where there is no other. */
  readonly baseUrl: string;
  /** Appended to every URL, percent-encoded. */
  readonly queryParams?: Readonly<Record<string, string>> | undefined;
  /** Sent with every request; a call's own headers and the credentials overwrite them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Retries of one request until its response headers arrive. */
  readonly retry?: RetryPolicy | undefined;
  /** New streams after one that broke, in a session. Default 5, at most 100. */
  readonly maxStreamRetries?: number | undefined;
  /** Longest wait for the next event of a stream. Default 300 000. */
  readonly streamIdleTimeoutMs?: number | undefined;
  /** Longest silence of a connection that has shown signs of life (SSE comments, pongs). Default 60 000. */
  readonly livenessTimeoutMs?: number | undefined;
  /** DNS, TCP, proxy and TLS together. Default 15 000. */
  readonly connectTimeoutMs?: number | undefined;
  /** From the request to the response headers, and from these to the end of an error's text, which is cut then. Default 300 000. */
  readonly headersTimeoutMs?: number | undefined;
  /** Whether sessions try the WebSocket first. Default false. */
  readonly supportsWebSockets?: boolean | undefined;
  /** What a WebSocket of the service takes. Default: what OpenAI's does. */
  readonly webSocketLimits?: WebSocketLimits | undefined;
  /** Whether the service ends a response on a WebSocket when it is asked to (`response.interrupt`), and keeps the connection. Default false. */
  readonly supportsInterrupt?: boolean | undefined;
  /**
   * Whether items go out with their ids: `drop` as the Rust client of March 2026, `send` as today's. Azure gets those of stored responses in any case.
   * Default `drop`.
   */
  readonly itemIds?: "drop" | "send" | undefined;
  /** The calling program, where neither the identity nor `headers` names one. Default `codex-wire`. */
  readonly originator?: string | undefined;
  /** Names under which the conversation's id is sent. Default `underscore`, the Rust client's of March 2026; later ones use `hyphen`. */
  readonly sessionHeaders?: SessionHeaderNames | undefined;
  /** Coding of request bodies to `responses`. Default `none`. A server that answers 400 or 415 to one gets it plain, and all later ones where that was the reason. */
  readonly compression?: Compression | undefined;
  /** CA bundle of this provider alone, instead of `CODEX_CA_CERTIFICATE` and `SSL_CERT_FILE`. */
  readonly ca?: CaSource | undefined;
  /** Proxy of this provider alone, instead of the environment's; false for none. */
  readonly proxy?: string | false | undefined;
  /** Sent to an HTTP proxy with each CONNECT, beside `User-Agent` and `Proxy-Authorization`, or in their place. */
  readonly proxyHeaders?: HeaderInit | undefined;
  /** Certificate that the client shows (mTLS). */
  readonly clientCertificate?: ClientCertificate | undefined;
}

const PROVIDER = knownOptions<ProviderConfig>("the provider", {
  name: true,
  baseUrl: true,
  queryParams: true,
  headers: true,
  retry: true,
  maxStreamRetries: true,
  streamIdleTimeoutMs: true,
  livenessTimeoutMs: true,
  connectTimeoutMs: true,
  headersTimeoutMs: true,
  supportsWebSockets: true,
  webSocketLimits: true,
  supportsInterrupt: true,
  itemIds: true,
  originator: true,
  sessionHeaders: true,
  compression: true,
  ca: true,
  proxy: true,
  proxyHeaders: true,
  clientCertificate: true,
});

const WEBSOCKET_LIMITS = knownOptions<WebSocketLimits>("webSocketLimits", {
  lanes: true,
  maxAgeMs: true,
  maxMessageBytes: true,
  oneModel: true,
});

const RETRY = knownOptions<RetryPolicy>("retry", {
  maxRetries: true,
  baseDelayMs: true,
  retry429: true,
  retry5xx: true,
  retryTransport: true,
  maxRetryAfterMs: true,
  shouldRetry: true,
});

const DEFAULT_STREAM_IDLE_TIMEOUT_MS = 300_000;
const DEFAULT_LIVENESS_TIMEOUT_MS = 60_000;
const DEFAULT_STREAM_RETRIES = 5;

/** A provider's numbers, each decided once. */
export interface ProviderLimits {
  readonly retry: RetrySettings;
  readonly maxStreamRetries: number;
  readonly streamIdleTimeoutMs: number;
  readonly livenessTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
}

const SESSION_HEADERS: readonly SessionHeaderNames[] = ["underscore", "hyphen", "both"];

/** @throws {@link BuildError} A number is negative or not a number, a name is not among those that an option knows, or there is no base URL. */
export function providerLimits(provider: ProviderConfig): ProviderLimits {
  PROVIDER(provider);
  RETRY(provider.retry ?? {});
  WEBSOCKET_LIMITS(provider.webSocketLimits ?? {});
  text("the provider's name", provider.name);
  const place = `provider ${JSON.stringify(provider.name)}: `;
  const retry = retrySettings(provider.retry ?? {}, `${place}retry.`);
  const time = (name: TimeoutName, byDefault: number) => milliseconds(place + name, provider[name] ?? byDefault);
  text(`${place}baseUrl`, provider.baseUrl);
  oneOf(`${place}compression`, provider.compression ?? "none", COMPRESSIONS);
  oneOf(`${place}sessionHeaders`, provider.sessionHeaders ?? "underscore", SESSION_HEADERS);
  oneOf(`${place}itemIds`, provider.itemIds ?? "drop", ["drop", "send"]);
  const { maxAgeMs, maxMessageBytes } = provider.webSocketLimits ?? {};
  if (maxAgeMs !== undefined) milliseconds(`${place}webSocketLimits.maxAgeMs`, maxAgeMs);
  if (maxMessageBytes !== undefined) byteCount(`${place}webSocketLimits.maxMessageBytes`, maxMessageBytes);
  return {
    retry: {
      ...retry,
      baseDelayMs: milliseconds(`${place}retry.baseDelayMs`, retry.baseDelayMs),
      maxRetryAfterMs: milliseconds(`${place}retry.maxRetryAfterMs`, retry.maxRetryAfterMs),
    },
    maxStreamRetries: retryCount(`${place}maxStreamRetries`, provider.maxStreamRetries ?? DEFAULT_STREAM_RETRIES),
    streamIdleTimeoutMs: time("streamIdleTimeoutMs", DEFAULT_STREAM_IDLE_TIMEOUT_MS),
    livenessTimeoutMs: time("livenessTimeoutMs", DEFAULT_LIVENESS_TIMEOUT_MS),
    connectTimeoutMs: time("connectTimeoutMs", DEFAULT_CONNECT_TIMEOUT_MS),
    headersTimeoutMs: time("headersTimeoutMs", DEFAULT_HEADERS_TIMEOUT_MS),
  };
}

type TimeoutName = "streamIdleTimeoutMs" | "livenessTimeoutMs" | "connectTimeoutMs" | "headersTimeoutMs";

/** Parameters of a URL; a list gives its parameter more than once. */
export type Query = Readonly<Record<string, string | readonly string[]>>;

/**
 * The URL of an endpoint: base without trailing slashes, one `/`, path without leading ones; an empty path gives the base alone.
 *
 * @param query - Joined to the base's own query and the provider's parameters, percent-encoded.
 * @throws {@link BuildError} The base URL is not a URL.
 */
export function endpointUrl(provider: ProviderConfig, path: string, query: Query = {}): string {
  const [address] = splitOnce(provider.baseUrl.trim(), "#");
  const [base, baseQuery] = splitOnce(address, "?");
  const trimmedPath = path.replace(/^\/+/, "");
  const trimmedBase = base.replace(/\/+$/, "");
  const target = trimmedPath === "" ? trimmedBase : `${trimmedBase}/${trimmedPath}`;
  const parameters = Object.entries(withoutUndefined({ ...provider.queryParams, ...query })).flatMap(([name, value]) =>
    [value].flat().map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(each)}`),
  );
  if (baseQuery) parameters.unshift(baseQuery);
  const url = parameters.length > 0 ? `${target}?${parameters.join("&")}` : target;
  if (!/^(https?|wss?):\/\//i.test(url) || !URL.canParse(url)) {
    throw new BuildError(
      `base URL ${shownBase(base)} of provider ${JSON.stringify(provider.name)} is not an HTTP URL; it looks like https://api.openai.com/v1`,
    );
  }
  return url;
}

/** User name and password of the base URL as a header, which a URL's own are not; every other `authorization` overwrites it. */
export function userInfoHeaders(provider: ProviderConfig): HeaderInit {
  const { username, password } = new URL(endpointUrl(provider, ""));
  if (username === "" && password === "") return {};
  // Not decodeURIComponent: it throws on a stray "%", which every other program sends as it stands.
  const credentials = Buffer.from(`${querystring.unescape(username)}:${querystring.unescape(password)}`);
  return { authorization: `Basic ${credentials.toString("base64")}` };
}

/** The same URL for a WebSocket: http becomes ws, https becomes wss. */
export function websocketUrl(provider: ProviderConfig, path: string): string {
  return endpointUrl(provider, path).replace(/^http/i, "ws");
}

const AZURE_MARKS = [
  "openai.azure.",
  "cognitiveservices.azure.",
  "aoai.azure.",
  "azure-api.",
  "azurefd.",
  "windows.net/openai",
];

/** Azure stores responses and wants item ids back; recognised as the Rust client does, by name or by the base URL. */
export function isAzure(provider: ProviderConfig): boolean {
  const url = provider.baseUrl.toLowerCase();
  return provider.name.toLowerCase() === "azure" || AZURE_MARKS.some((mark) => url.includes(mark));
}

/** How requests are written for a provider. */
export function requestEncoding(provider: ProviderConfig): {
  readonly azure: boolean;
  readonly itemIds: ProviderConfig["itemIds"];
} {
  return { azure: isAzure(provider), itemIds: provider.itemIds };
}

/** The ChatGPT backend, recognised as the Rust client does. */
export function isChatgptBackend({ baseUrl }: ProviderConfig): boolean {
  return baseUrl.includes("/backend-api");
}

const OPENAI_HOSTS = /(^|\.)(openai\.com|chatgpt\.com)$/;

/** Is this a host of OpenAI's own? What belongs to an account there goes nowhere else. */
export function isOpenaiHost(baseUrl: string): boolean {
  return URL.canParse(baseUrl.trim()) && OPENAI_HOSTS.test(new URL(baseUrl.trim()).hostname);
}

/** A variable can hold a key where a base URL belongs, so what names no scheme is not shown. */
function shownBase(base: string): string {
  return base.includes("://")
    ? JSON.stringify(withoutUserInfo(base))
    : `(${base.length} characters that begin with neither http:// nor https://, not shown because they may be a key)`;
}

/** What is no URL may hold a password all the same. */
export function withoutUserInfo(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1[redacted]@");
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
