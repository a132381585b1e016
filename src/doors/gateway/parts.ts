import {
  connectWebSocket,
  createFetch,
  type HeaderMap,
  type OpenWebSocket,
  type PolicyOptions,
} from "../../client/index.ts";
import { CodexApiError, endpointUrl, websocketUrl } from "../../index.ts";
import { credentialed, credentialHeaders, credentialsFor } from "../forwarding/credentialed.ts";
import { OwnCredentials } from "../forwarding/own-credentials.ts";
import { ForwardingService, policyOf } from "../forwarding/service.ts";
import { Access } from "./access.ts";
import { HeldMemory } from "./memory.ts";
import type { GatewaySettings } from "./options.ts";

/** Where clients find the service's own paths. */
export const BASE_PATH = "/v1";

/** Paths of the service that clients may use with the gateway's credentials. */
const PATHS = /^\/(responses|models|files|uploads|conversations|images|memories|alpha\/search)(?=\/|$)/;

/**
 * Anything that another hop could read as another path: `..`, with or without parameters, a backslash (a slash to URL parsers), any of them
 * encoded, and a fragment.
 */
const LEADS_AWAY = /\/\.{1,2}(?=[/;]|$)|[\\#]|%(?:2e|2f|5c)/i;

/** The service's path for one of the gateway's, with its query; undefined if there is none. */
export function upstreamPath(url = "/"): string | undefined {
  if (!url.startsWith(`${BASE_PATH}/`)) return undefined;
  const path = url.slice(BASE_PATH.length);
  const [pathname = ""] = path.split("?", 1);
  return PATHS.test(pathname) && !LEADS_AWAY.test(pathname) ? path : undefined;
}

interface Passed {
  readonly method: string;
  readonly headers: HeaderMap;
  readonly body?: Uint8Array | ReadableStream | undefined;
  readonly signal: AbortSignal;
}

/** Shared by all requests of a gateway: the connections to the service, and the number of requests in progress. */
export class Parts {
  readonly settings: GatewaySettings;
  readonly access: Access;
  readonly service: ForwardingService;
  readonly own: OwnCredentials;
  readonly memory: HeldMemory;
  /** No new request is accepted; running ones continue. */
  isDraining = false;
  underWay = 0;
  readonly #policy: PolicyOptions;
  readonly #fetch: typeof globalThis.fetch;

  /** @throws The errors of `new CodexApi`. */
  constructor(settings: GatewaySettings) {
    this.settings = settings;
    this.access = new Access(settings);
    const { provider, auth, host, port, tokens, allowedHosts, maxBodyBytes, maxRequests, maxClients, ...rest } =
      settings;
    const { onRequest, inspector, maxHeldBytes, pingIntervalMs, ...forwarding } = rest;
    this.own = new OwnCredentials(auth);
    this.service = new ForwardingService(provider, forwarding, this.own);
    this.memory = new HeldMemory(maxHeldBytes, this.service);
    this.#policy = policyOf(provider, forwarding);
    this.#fetch = credentialed(createFetch(this.#policy), { auth: this.own.auth, headers: provider.headers });
  }

  get isFull(): boolean {
    return this.underWay > this.settings.maxRequests;
  }

  /** Passes a request on unchanged. @throws The errors of `fetch`, with ours as their cause. */
  async pass(path: string, { body, ...init }: Passed): Promise<Response> {
    const { pathname, searchParams } = new URL(path, "http://gateway");
    const query = Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]));
    const url = endpointUrl(this.settings.provider, pathname, query);
    const sent = body === undefined ? {} : { body, ...(body instanceof Uint8Array ? {} : { duplex: "half" }) };
    try {
      return await this.#fetch(url, { ...init, ...sent, redirect: "manual" } as RequestInit);
    } catch (error) {
      for (let cause = error; cause instanceof Error; cause = cause.cause) if (CodexApiError.is(cause)) throw cause;
      throw error;
    }
  }

  /** Opens a WebSocket to the service for a client's. @throws The errors of `connectWebSocket`. */
  async connect(headers: HeaderMap, signal: AbortSignal): Promise<OpenWebSocket> {
    const { provider } = this.settings;
    const { auth } = this.own;
    const url = websocketUrl(provider, "responses");
    const dial = async () => {
      const credentials = await credentialsFor(auth, { carrier: "websocket", method: "GET", url, body: undefined });
      const sent = { ...provider.headers, ...headers, ...credentialHeaders(credentials) };
      return { credentials, opening: connectWebSocket(url, { ...this.#policy, headers: sent, signal }) };
    };
    const { credentials, opening } = await dial();
    try {
      return await opening;
    } catch (error) {
      const isRefused = CodexApiError.is(error) && error.kind === "http" && error.status === 401;
      if (!isRefused || !(await auth.onUnauthorized?.(credentials))) throw error;
      return await (await dial()).opening;
    }
  }
}
