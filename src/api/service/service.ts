import { safeUrl } from "../../client/observe/redact.ts";
import type { HttpStreamResponse } from "../../client/transport.ts";
import { acceptSignal } from "../../client/waiting/abort.ts";
import { withDeadline } from "../../client/waiting/deadline.ts";
import type { WebSocketConnection } from "../../client/websocket/index.ts";
import { type AuthProvider, checkAuth } from "../auth.ts";
import type { ProviderConfig, ProviderLimits } from "../provider.ts";
import type { Answer } from "./answer.ts";
import { addressOf, type EndpointCall, sendCall } from "./call.ts";
import { type Handshake, openWebSocket } from "./handshake.ts";
import { type Line, openLine } from "./line.ts";
import type { ServiceOptions } from "./options.ts";

/**
 * Everything that calls need, for all endpoints: URL, headers, credentials, encoding, retries, connections, telemetry and the meaning of
 * refusals. It is the `service` of a `CodexApi`; clients made with the same one share it.
 */
export class Service implements AsyncDisposable {
  readonly #line: Line;

  /** @throws The errors of {@link openLine}. */
  constructor(options: ServiceOptions);
  /** @internal */
  constructor(options: { readonly line: Line });
  constructor(options: ServiceOptions | { readonly line: Line }) {
    this.#line = "line" in options ? options.line : openLine(options);
  }

  /** @internal For code that builds calls on it. */
  get line(): Line {
    return this.#line;
  }

  get provider(): ProviderConfig {
    return this.#line.provider;
  }

  get limits(): ProviderLimits {
    return this.#line.limits;
  }

  /**
   * The same service with other credentials: certificates, proxies and HTTP connections are shared, WebSockets are not.
   *
   * @throws {@link BuildError} `auth` is not an auth provider, or its credentials are not for this service.
   */
  as(auth: AuthProvider): Service {
    checkAuth(auth, this.#line.provider.baseUrl);
    return new Service({ line: { ...this.#line, auth, connections: this.#line.connections.share() } });
  }

  /** @internal @throws The kinds of `docs/errors.md`. */
  async execute(call: EndpointCall): Promise<Answer> {
    acceptSignal(call.signal);
    const what = `no answer from ${safeUrl(addressOf(this.#line, call))}`;
    return withDeadline({ timeoutMs: call.callMs ?? 0, signal: call.signal, what }, (signal) =>
      sendCall(this.#line, { ...call, signal }, (transport, request) => transport.execute(request)),
    );
  }

  /** @internal @throws The kinds of `docs/errors.md`. Retries end once the response headers have arrived. */
  async stream(call: EndpointCall): Promise<Answer<HttpStreamResponse>> {
    acceptSignal(call.signal);
    return sendCall(this.#line, call, (transport, request) => transport.stream(request));
  }

  /** @internal Opens a WebSocket; see {@link openWebSocket}. */
  async open<Wrapped extends { close(): Promise<void> }>(
    handshake: Handshake,
    wrap: (connection: WebSocketConnection) => Wrapped,
  ): Promise<Wrapped> {
    return openWebSocket(this.#line, handshake, wrap);
  }

  /**
   * Reads the CA bundle and the client certificate again, for new connections. Throws as the constructor does, and then nothing changes.
   */
  async reload(): Promise<void> {
    this.#line.connections.reload();
  }

  /**
   * Closes everything that it opened, including connections that are being opened; of one made by {@link as} only its WebSockets. Later
   * calls throw a `build` error.
   */
  async close(): Promise<void> {
    await this.#line.connections.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
