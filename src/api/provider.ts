import querystring from "node:querystring";
import { COMPRESSIONS, type Compression } from "../client/compression.ts";
import { BuildError } from "../client/failure/kinds.ts";
import type { HeaderInit } from "../client/headers.ts";
import { byteCount, knownOptions, milliseconds, object, oneOf, text, withoutUndefined } from "../client/options.ts";
import { type RetryPolicy, type RetrySettings, retryCount, retrySettings } from "../client/retry/policy.ts";
import { DEFAULT_CONNECT_TIMEOUT_MS } from "../client/route/index.ts";
import { DEFAULT_HEADERS_TIMEOUT_MS } from "../client/transport.ts";
import type { CaSource, ClientCertificate } from "../client/trust/index.ts";

/** `underscore`: `session_id`; `hyphen`: `session-id` and `thread-id`; `both`: all three. */
export type SessionHeaderNames = "underscore" | "hyphen" | "both";

/** What a service's WebSockets accept, and how long they last. */
export interface WebSocketLimits {
  /**
   * Whether a connection answers several requests at a time (`stream_id`). With `false`, sessions open a connection for each lane.
   * @default unknown: the first answer to a lane shows it
   */
  readonly lanes?: boolean | undefined;
  /**
   * Age in milliseconds from which a session replaces a connection before the next request.
   * @default 3 300 000 (55 minutes): OpenAI closes them after 60
   */
  readonly maxAgeMs?: number | undefined;
  /** Largest message in bytes, if the handshake does not state it. @default no limit other than a session's `maxFrameBytes` */
  readonly maxMessageBytes?: number | undefined;
  /** Whether a connection serves only the model of its first request. Sessions then open another one for another model. @default `false` */
  readonly oneModel?: boolean | undefined;
}

/** Where the API is and how it is spoken to. All times are milliseconds; 0 is no limit. */
export interface ProviderConfig {
  /** `azure` (in any case) marks an Azure endpoint, `OpenAI` the service itself. Others are shown in messages. */
  readonly name: string;
  /**
   * With its version segment, e.g. `https://api.openai.com/v1`. A user name and password in it are sent as basic authorization, unless
   * there is another one.
   */
  readonly baseUrl: string;
  /** Query parameters, percent-encoded and appended to every URL, e.g. `{ "api-version": "preview" }`. None by default. */
  readonly queryParams?: Readonly<Record<string, string>> | undefined;
  /** Sent with every request; a call's own headers and the credentials overwrite them. None by default. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Retries of one request until its response headers arrive. @default 4 retries after 200 ms, doubling; see {@link RetryPolicy} */
  readonly retry?: RetryPolicy | undefined;
  /** How often a session opens a new stream after one that broke; at most 100. @default 5 */
  readonly maxStreamRetries?: number | undefined;
  /** Longest wait for the next event of a stream. @default 300 000 */
  readonly streamIdleTimeoutMs?: number | undefined;
  /** Longest silence of a connection that has sent keep-alives before (SSE comments, pongs). @default 60 000 */
  readonly livenessTimeoutMs?: number | undefined;
  /** Limit for DNS, TCP, proxy and TLS together. @default 15 000 */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Limit from the request to the response headers, and from these to the end of an error's body, which is cut off then.
   * @default 300 000
   */
  readonly headersTimeoutMs?: number | undefined;
  /** Whether the server supports WebSockets; sessions then try one first. @default `false` */
  readonly supportsWebSockets?: boolean | undefined;
  /** What a WebSocket of the service takes. Default: what OpenAI's does. */
  readonly webSocketLimits?: WebSocketLimits | undefined;
  /** Whether the service ends a response on a WebSocket when it is asked to (`response.interrupt`), and keeps the connection. Default false. */
  readonly supportsInterrupt?: boolean | undefined;
  /**
   * Whether items are sent with their ids: `drop` like the Rust client of March 2026, `send` like today's. Azure always gets the ids of
   * stored responses.
   * @default `"drop"`
   */
  readonly itemIds?: "drop" | "send" | undefined;
  /** Name of the calling program, if neither the identity nor `headers` has one. @default `"codex-wire"` */
  readonly originator?: string | undefined;
  /**
   * Header names for the conversation's id. The Rust client of March 2026 uses `underscore`, later versions use `hyphen`.
   * @default `"underscore"`
   */
  readonly sessionHeaders?: SessionHeaderNames | undefined;
  /**
   * Coding of request bodies to `responses`. If a server answers 400 or 415, the body is sent uncompressed, and so are all later ones if
   * that helped.
   * @default `"none"`
   */
  readonly compression?: Compression | undefined;
  /** CA bundle for this provider, e.g. `{ path: "company-ca.pem" }`. @default the file in `CODEX_CA_CERTIFICATE` or `SSL_CERT_FILE` */
  readonly ca?: CaSource | undefined;
  /**
   * URL of the proxy for this provider, e.g. `http://user:password@proxy.example:8080`; `false` for none.
   * @default from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`
   */
  readonly proxy?: string | false | undefined;
  /** Sent to an HTTP proxy with each CONNECT; they overwrite `User-Agent` and `Proxy-Authorization`. None by default. */
  readonly proxyHeaders?: HeaderInit | undefined;
  /** Client certificate (mTLS), e.g. `{ cert: { path: "client.pem" }, key: { path: "client-key.pem" } }`. None by default. */
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** For option checks that point to the provider. */
export const PROVIDER_NAMES = {
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
} as const;

const PROVIDER = knownOptions<ProviderConfig>("the provider", PROVIDER_NAMES);

const WEBSOCKET_LIMITS = knownOptions<WebSocketLimits>("webSocketLimits", {
  lanes: true,
  maxAgeMs: true,
  maxMessageBytes: true,
  oneModel: true,
});

const DEFAULT_STREAM_IDLE_TIMEOUT_MS = 300_000;
const DEFAULT_LIVENESS_TIMEOUT_MS = 60_000;
const DEFAULT_STREAM_RETRIES = 5;

/** The provider's limits, with defaults applied. */
export interface ProviderLimits {
  readonly retry: RetrySettings;
  readonly maxStreamRetries: number;
  readonly streamIdleTimeoutMs: number;
  readonly livenessTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
}

const SESSION_HEADERS: readonly SessionHeaderNames[] = ["underscore", "hyphen", "both"];

/** @throws {@link BuildError} A number is invalid, an option has an unknown value, or there is no base URL. */
export function providerLimits(provider: ProviderConfig): ProviderLimits {
  PROVIDER(provider);
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

/** Parameters of a URL; a list repeats its parameter. */
export type Query = Readonly<Record<string, string | readonly string[]>>;

/**
 * The URL of an endpoint: the base without trailing slashes, one `/`, and the path without leading ones. An empty path gives the base.
 *
 * @param query - Added to the base's own query and the provider's parameters, percent-encoded.
 * @throws {@link BuildError} The base URL is not a URL.
 */
export function endpointUrl(provider: ProviderConfig, path: string, query: Query = {}): string {
  object("the provider", provider, "an object with name and baseUrl");
  text("the provider's baseUrl", provider.baseUrl);
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

/** User name and password of the base URL as a header, because they are not sent with a URL. Any other `authorization` overwrites it. */
export function userInfoHeaders(provider: ProviderConfig): HeaderInit {
  const { username, password } = new URL(endpointUrl(provider, ""));
  if (username === "" && password === "") return {};
  // decodeURIComponent would throw on a stray "%", which other programs send unchanged.
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

/** Azure stores responses and needs item ids. It is recognised as in the Rust client, by name or by the base URL. */
export function isAzure(provider: ProviderConfig): boolean {
  const url = provider.baseUrl.toLowerCase();
  return provider.name.toLowerCase() === "azure" || AZURE_MARKS.some((mark) => url.includes(mark));
}

/** How requests are encoded for a provider. */
export function requestEncoding(provider: ProviderConfig): {
  readonly azure: boolean;
  readonly itemIds: ProviderConfig["itemIds"];
} {
  return { azure: isAzure(provider), itemIds: provider.itemIds };
}

/** True for the ChatGPT backend, recognised as in the Rust client. */
export function isChatgptBackend({ baseUrl }: ProviderConfig): boolean {
  return baseUrl.includes("/backend-api");
}

const OPENAI_HOSTS = /(^|\.)(openai\.com|chatgpt\.com)$/;

/** True for OpenAI's own hosts. Account data is sent to no others. */
export function isOpenaiHost(baseUrl: string): boolean {
  return URL.canParse(baseUrl.trim()) && OPENAI_HOSTS.test(new URL(baseUrl.trim()).hostname);
}

/** A base URL variable may contain a key by mistake, so a text without a scheme is not shown. */
function shownBase(base: string): string {
  return base === "" || base.includes("://")
    ? JSON.stringify(withoutUserInfo(base))
    : `(${base.length} characters that begin with neither http:// nor https://, not shown because they may be a key)`;
}

/** Even a text that is not a URL may contain a password. */
export function withoutUserInfo(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1[redacted]@");
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
