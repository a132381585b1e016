import type { Environment } from "../client/environment.ts";
import { BuildError } from "../client/failure/kinds.ts";
import { knownOptions, object } from "../client/options.ts";
import { type AuthProvider, apiKeyAuth } from "./auth.ts";
import { CallsClient } from "./endpoints/calls.ts";
import { CompactClient } from "./endpoints/compact/client.ts";
import { FilesClient } from "./endpoints/files/client.ts";
import { ImagesClient } from "./endpoints/images/client.ts";
import { MemoriesClient } from "./endpoints/memories/client.ts";
import { ModelsClient } from "./endpoints/models/client.ts";
import { SearchClient } from "./endpoints/search.ts";
import { isOpenaiHost, PROVIDER_NAMES, type ProviderConfig } from "./provider.ts";
import { openaiProvider } from "./providers.ts";
import { RealtimeWebSocketClient } from "./realtime/client.ts";
import { ClientSecretsClient } from "./realtime/client-secrets.ts";
import { ResponsesClient } from "./responses/client.ts";
import { connectResponses } from "./responses/websocket/client.ts";
import type { ResponsesWebSocketConnection } from "./responses/websocket/connection.ts";
import type { WebSocketConnectOptions } from "./responses/websocket/options.ts";
import { checkedProvider, SERVICE_NAMES, type ServiceOptions } from "./service/options.ts";
import { Service } from "./service/service.ts";
import { checkSessionOptions, type SessionOptions } from "./session/options.ts";
import { ResponsesSession } from "./session/session.ts";

/** Options of a `CodexApi`; all have defaults. */
export interface CodexApiOptions extends Omit<ServiceOptions, "provider" | "auth"> {
  /** Where requests go. @default `openaiProvider()`: OpenAI, at `OPENAI_BASE_URL` if that is set */
  readonly provider?: ProviderConfig | undefined;
  /**
   * The credentials.
   * @default the key in `OPENAI_API_KEY`, for the default provider and OpenAI's own hosts only: it is never sent to other servers
   */
  readonly auth?: AuthProvider | undefined;
}

/** Options that belong to the provider, and names that other SDKs have for theirs. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ...Object.keys(PROVIDER_NAMES).map((name): [string, string] => [name, ofProvider(name)]),
  ["baseUrl", "give provider: openaiProvider({ baseUrl })"],
  ["baseURL", "give provider: openaiProvider({ baseUrl })"],
  ["defaultHeaders", ofProvider("headers")],
  ["maxRetries", ofProvider("retry: { maxRetries }")],
  ["apiKey", "give auth: apiKeyAuth(key)"],
]);
/** With `baseUrl`, because `OPENAI_BASE_URL` counts only where no provider is given. */
function ofProvider(option: string): string {
  return `give provider: openaiProvider({ baseUrl, ${option} })`;
}

const OPTIONS = knownOptions<ServiceOptions>("the options of CodexApi", SERVICE_NAMES, ADVICE);

/**
 * All of the API in one object: its clients share one policy for certificates and proxies, one pool of connections and one set of
 * credentials.
 *
 * @example
 * ```ts
 * await using api = new CodexApi(); // OPENAI_API_KEY, OPENAI_BASE_URL
 * const { text } = await api.responses.create({ model: "gpt-5-mini", input: "Say hello." });
 * ```
 */
export class CodexApi implements AsyncDisposable {
  /** What the clients share. Pass it to a client that should share it too: `new ModelsClient({ service: api.service })`. */
  readonly service: Service;
  readonly responses: ResponsesClient;
  readonly models: ModelsClient;
  readonly memories: MemoriesClient;
  readonly images: ImagesClient;
  readonly files: FilesClient;
  readonly calls: CallsClient;
  readonly realtime: RealtimeWebSocketClient;
  readonly clientSecrets: ClientSecretsClient;
  readonly #compact: CompactClient;
  readonly #search: SearchClient;

  /**
   * @throws {@link BuildError} An option is unknown or invalid, or there is no key.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle cannot be used.
   */
  constructor(options: CodexApiOptions | { readonly service: Service } = {}) {
    object("the options of CodexApi", options, "an object");
    const service = "service" in options ? options.service : openService(options);
    const shared = { service };
    this.service = service;
    this.responses = new ResponsesClient(shared);
    this.models = new ModelsClient(shared);
    this.memories = new MemoriesClient(shared);
    this.images = new ImagesClient(shared);
    this.files = new FilesClient(shared);
    this.calls = new CallsClient(shared);
    this.realtime = new RealtimeWebSocketClient(shared);
    this.clientSecrets = new ClientSecretsClient(shared);
    this.#compact = new CompactClient(shared);
    this.#search = new SearchClient(shared);
  }

  /** Opens a conversation that you give full requests, and that sends only what is new. See {@link ResponsesSession}. */
  session(options: SessionOptions = {}): ResponsesSession {
    checkSessionOptions(options);
    return new ResponsesSession({ ...options, service: this.service });
  }

  /** Opens a WebSocket to `responses`. See `ResponsesWebSocketClient.connect`. */
  websocket(options: WebSocketConnectOptions = {}): Promise<ResponsesWebSocketConnection> {
    return connectResponses(this.service, options);
  }

  /** Compacts a long history. See {@link CompactClient.compact}. */
  compact(...call: Parameters<CompactClient["compact"]>): ReturnType<CompactClient["compact"]> {
    return this.#compact.compact(...call);
  }

  /** Runs the service's web search on its own. See {@link SearchClient.search}. */
  search(...call: Parameters<SearchClient["search"]>): ReturnType<SearchClient["search"]> {
    return this.#search.search(...call);
  }

  /**
   * The same API with other credentials, for one user of a gateway. Certificates, proxies and HTTP connections are shared; WebSockets and
   * what sessions know are not. It is cheap enough to make one per request. Closing it closes only its own WebSockets.
   *
   * @throws {@link BuildError} `auth` is not an auth provider.
   */
  as(auth: AuthProvider): CodexApi {
    return new CodexApi({ service: this.service.as(auth) });
  }

  /**
   * Reads the CA bundle and the client certificate again, for new connections; open ones are kept.
   *
   * @throws The constructor's errors about them; then nothing changes.
   */
  reload(): Promise<void> {
    return this.service.reload();
  }

  /**
   * Closes all connections, including those that are being opened; requests on them fail. Later calls throw a `build` error. An object made
   * by {@link as} closes only its own WebSockets: requests on the shared HTTP connections continue.
   */
  close(): Promise<void> {
    return this.service.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function openService(options: CodexApiOptions): Service {
  OPTIONS(options);
  const env = options.env ?? process.env;
  const provider = checkedProvider(options.provider ?? defaultProvider(env));
  const auth = options.auth ?? defaultAuth(provider, options.provider === undefined, env);
  return new Service({ ...options, provider, auth });
}

function defaultProvider(env: Environment): ProviderConfig {
  const baseUrl = env.OPENAI_BASE_URL?.trim() || undefined;
  return openaiProvider({ env, baseUrl });
}

function defaultAuth(provider: ProviderConfig, isDefault: boolean, env: Environment): AuthProvider {
  if (!isDefault && !isOpenaiHost(provider.baseUrl)) {
    throw new BuildError(
      `auth is missing: OPENAI_API_KEY is sent only to OpenAI's hosts, and the base URL of provider ${JSON.stringify(provider.name)} names another; give auth: apiKeyAuth(key) or noAuth()`,
    );
  }
  const key = env.OPENAI_API_KEY?.trim();
  if (!key) {
    throw new BuildError(
      "no key: set OPENAI_API_KEY, or give auth: apiKeyAuth(key), codexAuth(), or noAuth() if none is needed",
    );
  }
  return apiKeyAuth(key);
}
