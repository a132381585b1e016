import { createFetch, knownOptions } from "../../client/index.ts";
import {
  type AuthProvider,
  BuildError,
  type CodexApiOptions,
  openaiProvider,
  type ProviderConfig,
} from "../../index.ts";
import { askedBody } from "../forwarding/asked.ts";
import { credentialed } from "../forwarding/credentialed.ts";
import { OwnCredentials } from "../forwarding/own-credentials.ts";
import { FORWARDING_NAMES, type ForwardingOptions, ForwardingService, policyOf } from "../forwarding/service.ts";
import { fetchFailure, responseOf } from "./response.ts";

type Fetch = typeof globalThis.fetch;

export interface ResponsesFetchOptions extends ForwardingOptions {
  /**
   * The service whose responses go through sessions; requests to other addresses are sent unchanged.
   * @default every address that ends in `/responses`, like OpenAI's API
   */
  readonly provider?: CodexApiOptions["provider"];
  /** Credentials for requests below the `baseUrl` of `provider`. By default each request's own are used. */
  readonly auth?: AuthProvider | undefined;
}

const OPTIONS = knownOptions<ResponsesFetchOptions>("the options of createResponsesFetch", {
  ...FORWARDING_NAMES,
  provider: true,
  auth: true,
});

/** A `fetch`, which can be closed. */
export type ResponsesFetch = Fetch & AsyncDisposable & { close(): Promise<void> };

/**
 * A `fetch` that sends `POST …/responses` of any SDK through sessions: over a WebSocket if the service supports it, with only the new items
 * of a conversation, and over HTTP if no WebSocket can be opened. All other requests, such as uploads, go over HTTP with the same
 * certificates and proxies, as with `createFetch`.
 *
 * The SDK gets what it would get over HTTP: the service's events as sent, and its refusals with status, headers and body. A failure before
 * the answer begins is left to the SDK's retries. A stream that breaks before any output is silently started again, and one that breaks
 * later fails for the SDK too.
 *
 * The session is chosen by the request's credentials, its `prompt_cache_key` (else a session or affinity header), and the history that it
 * continues.
 *
 * @throws {@link BuildError} An option is invalid. {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle
 *   cannot be used.
 *
 * @example
 * ```ts
 * const client = new OpenAI({ fetch: createResponsesFetch() });
 * ```
 */
export function createResponsesFetch(options: ResponsesFetchOptions = {}): ResponsesFetch {
  OPTIONS(options);
  const { provider, auth, ...forwarding } = options;
  if (auth && !provider)
    throw new BuildError(
      "auth needs provider: credentials are only sent to the provider's baseUrl, and this fetch is called for any address",
    );
  const credentials = auth && new OwnCredentials(auth);
  const services = new Services(provider, forwarding, credentials);
  const plain = createFetch(policyOf(provider, forwarding));
  const own = credentials ? credentialed(plain, { auth: credentials.auth, headers: provider?.headers }) : plain;
  const send: Fetch = async (input, init) => {
    services.checkOpen();
    const given = input instanceof Request ? input : undefined;
    const url = new URL(given?.url ?? (input as string | URL));
    const pass = services.isBelow(url) ? own : plain;
    const method = init?.method ?? given?.method ?? "GET";
    if (method.toUpperCase() !== "POST" || !services.take(url)) return pass(input, init);
    const { text, again } = await readBody(input, init);
    const body = text === undefined ? undefined : askedBody(text);
    if (!body) return pass(input, again);
    const signal = init?.signal ?? given?.signal ?? undefined;
    const headers = Object.fromEntries(new Headers(init?.headers ?? given?.headers));
    try {
      const answer = await services.of(url).answer({ headers, body, signal });
      return responseOf(answer, url.href, signal);
    } catch (error) {
      throw fetchFailure(error, signal);
    }
  };
  const close = () => services.close();
  return Object.defineProperty(Object.assign(send, { close, [Symbol.asyncDispose]: close }), "Response", {
    get: () => globalThis.Response, // the openai SDK looks here to learn which forms a `fetch` accepts
  });
}

/** A body as text. A stream can be read only once, so `replace` gets what to send instead. */
async function readBody(input: Parameters<Fetch>[0], init: Parameters<Fetch>[1]) {
  const body = init?.body;
  const isEncoded = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined)).has(
    "content-encoding",
  );
  if (isEncoded || body instanceof FormData) return { text: undefined, again: init };
  if (typeof body === "string") return { text: body, again: init };
  if (body === undefined || body === null) {
    if (!(input instanceof Request) || body === null) return { text: undefined, again: init };
    const text = await input.text();
    return { text, again: { ...init, body: text } };
  }
  const text = await new Response(body).text();
  return { text, again: { ...init, body: text } };
}

const RESPONSES = "/responses";
/** The most services that are kept, the most recently used ones. Each base URL is another service. */
const MAX_SERVICES = 32;

/** The services that are used, each by its base URL. */
class Services {
  readonly #provider: ProviderConfig | undefined;
  readonly #options: ForwardingOptions;
  readonly #own: OwnCredentials | undefined;
  readonly #known = new Map<string, ForwardingService>();
  #isClosed = false;

  constructor(provider: ProviderConfig | undefined, options: ForwardingOptions, own: OwnCredentials | undefined) {
    this.#provider = provider;
    this.#options = options;
    this.#own = own;
    // Invalid options should fail here, not with the first request.
    const service = new ForwardingService(provider ?? openaiProvider({ env: {} }), options, own);
    if (provider) this.#known.set(baseOf(provider), service);
  }

  /** @throws A `TypeError`, like a `fetch` that cannot send, if it is closed. */
  checkOpen(): void {
    if (!this.#isClosed) return;
    throw fetchFailure(new BuildError("this fetch was closed; make a new one with createResponsesFetch()"), undefined);
  }

  /** True if responses are requested at this address. */
  take(url: URL): boolean {
    if (!url.pathname.endsWith(RESPONSES)) return false;
    return !this.#provider || baseOf(this.#provider) === withoutQuery(baseIn(url));
  }

  /** The service at an address that {@link take} accepted; it is kept while it has work. */
  of(url: URL): ForwardingService {
    this.checkOpen(); // it may have been closed while the body was read
    const base = baseIn(url);
    if (this.#provider) return this.#open(withoutQuery(base), this.#provider);
    return this.#open(base.href, openaiProvider({ env: {}, baseUrl: base.href, supportsWebSockets: !isAzure(base) }));
  }

  /** True if an address belongs to the given provider. */
  isBelow(url: URL): boolean {
    return this.#provider !== undefined && withoutQuery(url).startsWith(`${baseOf(this.#provider)}/`);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const services = [...this.#known.values()];
    this.#known.clear();
    await Promise.all(services.map((service) => service.close()));
  }

  #open(base: string, provider: ProviderConfig): ForwardingService {
    const service = this.#known.get(base) ?? new ForwardingService(provider, this.#options, this.#own);
    this.#known.delete(base);
    this.#known.set(base, service); // the most recently used one is the last
    this.#closeUnused();
    return service;
  }

  #closeUnused(): void {
    let surplus = this.#known.size - MAX_SERVICES;
    for (const [base, service] of this.#known) {
      if (surplus <= 0) return;
      if (service.isAtWork) continue;
      surplus -= 1;
      this.#known.delete(base);
      void service.close();
    }
  }
}

function baseIn(url: URL): URL {
  const base = new URL(url);
  base.pathname = url.pathname.slice(0, -RESPONSES.length);
  return base;
}

function baseOf({ baseUrl }: ProviderConfig): string {
  return withoutQuery(new URL(baseUrl.trim()));
}

function withoutQuery({ origin, pathname }: URL): string {
  return origin + pathname.replace(/\/+$/, "");
}

/** Azure has no WebSocket. */
function isAzure({ hostname }: URL): boolean {
  return hostname.endsWith(".azure.com");
}
