import type { Environment } from "../../client/environment.ts";
import { AbortedError, BuildError } from "../../client/failure/kinds.ts";
import { UndiciTransport } from "../../client/http/undici-transport.ts";
import type { Logger } from "../../client/observe/log.ts";
import { dialerOf } from "../../client/policy.ts";
import type { Dialer } from "../../client/route/index.ts";
import type { HttpTransport } from "../../client/transport.ts";
import { acceptSignal } from "../../client/waiting/abort.ts";
import { WebSocketConnection, type WebSocketOptions } from "../../client/websocket/index.ts";
import { type ProviderConfig, providerLimits } from "../provider.ts";
import { OpenSockets } from "./open-sockets.ts";
import { ReloadableDialer } from "./reloadable-dialer.ts";

export interface ConnectionsOptions {
  readonly env?: Environment | undefined;
  readonly logger?: Logger | undefined;
  /** Replaces the built-in HTTP connections; the caller has to close it. */
  readonly transport?: HttpTransport | undefined;
}

/** Shared by all users of a service, whatever their credentials. */
interface Shared {
  readonly dialer: ReloadableDialer;
  readonly http: HttpTransport;
  readonly pool: UndiciTransport | undefined;
  readonly websockets: OpenSockets;
  /** Set once the server has refused a compressed body. */
  refusesCompression: boolean;
}

/**
 * The connections to one provider: one dialer, with one policy for certificates and proxies, one pool of HTTP connections, and all
 * WebSockets. They contain no credentials. Users with other credentials get a share, with WebSockets of their own. Idle connections do not
 * keep the process alive.
 */
export class Connections {
  readonly #shared: Shared;
  readonly #websockets: OpenSockets;
  readonly #isShare: boolean;

  private constructor(shared: Shared, websockets: OpenSockets, isShare: boolean) {
    this.#shared = shared;
    this.#websockets = websockets;
    this.#isShare = isShare;
  }

  /**
   * Opens nothing yet.
   *
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle cannot be used.
   * @throws {@link BuildError} A proxy setting or a number is invalid.
   */
  static to(provider: ProviderConfig, { env, logger, transport }: ConnectionsOptions = {}): Connections {
    const { connectTimeoutMs } = providerLimits(provider);
    const dialer = new ReloadableDialer(() => dialerTo(provider, { env, logger }));
    const pool = transport ? undefined : new UndiciTransport({ dialer, connectTimeoutMs, logger });
    const websockets = new OpenSockets();
    const http = transport ?? (pool as HttpTransport);
    return new Connections({ dialer, http, pool, websockets, refusesCompression: false }, websockets, false);
  }

  /** The same HTTP connections and dialer, for other credentials. Closing it closes only its own WebSockets. */
  share(): Connections {
    return new Connections(this.#shared, new OpenSockets(this.#shared.websockets), true);
  }

  get isClosed(): boolean {
    return this.#websockets.isClosed;
  }

  /** @throws {@link BuildError} They were closed. */
  get http(): HttpTransport {
    this.#checkOpen();
    return this.#shared.http;
  }

  /** Learned from the server: bodies are sent uncompressed. */
  get refusesCompression(): boolean {
    return this.#shared.refusesCompression;
  }

  compressionRefused(): void {
    this.#shared.refusesCompression = true;
  }

  /**
   * Opens a WebSocket, which is closed together with these connections.
   *
   * @param wrap - Wraps it for the caller; the wrapper's `close` is used to close it.
   */
  async open<Wrapped extends { close(): Promise<void> }>(
    options: Omit<WebSocketOptions, "dialer">,
    wrap: (connection: WebSocketConnection) => Wrapped,
  ): Promise<Wrapped> {
    this.#checkOpen();
    const connection = await this.#dial(options);
    const wrapped = wrap(connection);
    const ender = { end: () => wrapped.close() };
    this.#websockets.add(ender);
    connection.onEnded(() => this.#websockets.delete(ender));
    if (!this.#websockets.isClosed) return wrapped;
    await wrapped.close();
    throw closed();
  }

  /**
   * Reads certificates and proxy settings again, for new connections; open ones are kept.
   *
   * @throws The errors of {@link Connections.to}; then nothing changes.
   */
  reload(): void {
    this.#checkOpen();
    this.#shared.dialer.reload();
  }

  /** Closes everything, including connections that are being opened; of a share only its WebSockets. */
  async close(): Promise<void> {
    await Promise.all([this.#websockets.close(), this.#isShare ? undefined : this.#shared.pool?.close()]);
  }

  async #dial(options: Omit<WebSocketOptions, "dialer">): Promise<WebSocketConnection> {
    const { signal } = options;
    acceptSignal(signal);
    if (signal?.aborted) throw new AbortedError(signal.reason);
    const dialling = new AbortController();
    const onAbort = (): void => dialling.abort(signal?.reason);
    const ender = { end: () => dialling.abort(closed()) };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#websockets.add(ender);
    try {
      const { dialer } = this.#shared;
      return await WebSocketConnection.open({ ...options, dialer, signal: dialling.signal });
    } catch (error) {
      throw this.isClosed && !signal?.aborted ? closed() : error;
    } finally {
      this.#websockets.delete(ender);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #checkOpen(): void {
    if (this.isClosed) throw closed();
  }
}

function closed(): BuildError {
  return new BuildError("the connections were closed; make a new CodexApi or client");
}

/** Certificates and proxies of a provider, for HTTP and WebSockets alike. */
function dialerTo(
  { ca, clientCertificate, proxy, proxyHeaders }: ProviderConfig,
  options: Omit<ConnectionsOptions, "transport">,
): Dialer {
  return dialerOf({ ...options, ca, clientCertificate, proxy, proxyHeaders });
}
