import { createFetch } from "../../client/index.ts";
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
import { type ForwardingOptions, ForwardingService } from "../forwarding/service.ts";
import { fetchFailure, responseOf } from "./response.ts";

type Fetch = typeof globalThis.fetch;

export interface ResponsesFetchOptions extends ForwardingOptions {
  /**
   * The service whose responses go through sessions; what is not below its `baseUrl` goes out as it is. Default: every address that ends in `/responses`, as
   * OpenAI's API is spoken to.
   */
  readonly provider?: CodexApiOptions["provider"];
  /** Credentials instead of those that a request brings along, for what lies below the `baseUrl` of `provider`. */
  readonly auth?: AuthProvider | undefined;
}

/** A `fetch`, and the end of what it keeps. */
export type ResponsesFetch = Fetch & AsyncDisposable & { close(): Promise<void> };

/**
 * A `fetch` that sends `POST …/responses` of any SDK through sessions: over a WebSocket where the service has them, only what is new of a conversation, over
 * HTTP where no WebSocket opens. Everything else, uploads among it, goes over HTTP by the same policy of trust and route, as `createFetch` does it.
 *
 * What comes back is what HTTP would have brought: the service's events as it sent them, its refusals with their status, headers and body. What failed before
 * there was an answer is the SDK's to try again, and is not tried twice; a stream that breaks before there was output is begun anew unseen, and one that
 * breaks later breaks for the SDK too.
 *
 * A session is chosen by the request's credentials and its `prompt_cache_key` (else a session or affinity header), and by the history that it goes on from.
 *
 * @throws {@link BuildError} An option is unusable. {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is.
 * @example
 * ```ts
 * const client = new OpenAI({ fetch: createResponsesFetch() });
 * ```
 */
export function createResponsesFetch(options: ResponsesFetchOptions = {}): ResponsesFetch {
  const { provider, auth, ...forwarding } = options;
  if (auth && !provider)
    throw new BuildError(
      "auth goes with provider: these credentials are for its baseUrl alone, and a fetch is asked for any address",
    );
  const credentials = auth && new OwnCredentials(auth);
  const services = new Services(provider, forwarding, credentials);
  const { env, logger } = forwarding;
  const { ca, clientCertificate, proxy, proxyHeaders, connectTimeoutMs } = provider ?? {};
  const plain = createFetch({ env, logger, ca, clientCertificate, proxy, proxyHeaders, connectTimeoutMs });
  const own = credentials ? credentialed(plain, { auth: credentials.auth, headers: provider?.headers }) : plain;
  const send: Fetch = async (input, init) => {
    services.checkOpen();
    const url = new URL(input instanceof Request ? input.url : input);
    const pass = services.isBelow(url) ? own : plain;
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    if (method.toUpperCase() !== "POST" || !services.take(url)) return pass(input, init);
    const { text, again } = await readBody(input, init);
    const body = text === undefined ? undefined : askedBody(text);
    if (!body) return pass(input, again);
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const given = init?.headers ?? (input instanceof Request ? input.headers : undefined);
    const headers = Object.fromEntries(new Headers(given));
    try {
      const answer = await services.of(url).answer({ headers, body, signal: signal ?? undefined });
      return responseOf(answer, url.href, signal ?? undefined);
    } catch (error) {
      throw fetchFailure(error, signal ?? undefined);
    }
  };
  const close = () => services.close();
  return Object.defineProperty(Object.assign(send, { close, [Symbol.asyncDispose]: close }), "Response", {
    get: () => globalThis.Response, // where the openai SDK looks to learn which forms a `fetch` sends
  });
}

/** A body as text; a stream can be read once, so that it is told what to send instead. */
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
/** Services that are kept, those asked last; what an address says beside its path makes it another one. */
const MAX_SERVICES = 32;

/** The services that are asked, each by its base URL. */
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
    // What is wrong with the options shows at once, and not with the first request.
    const service = new ForwardingService(provider ?? openaiProvider({ env: {} }), options, own);
    if (provider) this.#known.set(baseOf(provider), service);
  }

  /** @throws A `TypeError`, as of a `fetch` that cannot send: it is closed. */
  checkOpen(): void {
    if (!this.#isClosed) return;
    throw fetchFailure(new BuildError("this fetch was closed; make a new one with createResponsesFetch()"), undefined);
  }

  /** Whether responses are asked for at this address. */
  take(url: URL): boolean {
    if (!url.pathname.endsWith(RESPONSES)) return false;
    return !this.#provider || baseOf(this.#provider) === withoutQuery(baseIn(url));
  }

  /** The one at an address that {@link take} took; it is kept for as long as it is at work. */
  of(url: URL): ForwardingService {
    this.checkOpen(); // it may have been closed while the body was read
    const base = baseIn(url);
    if (this.#provider) return this.#open(withoutQuery(base), this.#provider);
    return this.#open(base.href, openaiProvider({ env: {}, baseUrl: base.href, supportsWebSockets: !isAzure(base) }));
  }

  /** Whether an address belongs to the one service that was named. */
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
    this.#known.set(base, service); // the one asked last is last
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

/** Azure has no WebSocket to ask for. */
function isAzure({ hostname }: URL): boolean {
  return hostname.endsWith(".azure.com");
}
