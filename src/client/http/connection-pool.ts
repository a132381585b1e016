import type { Socket } from "node:net";
import type { buildConnector, Client } from "undici";
import { AbortedError, NetworkError } from "../failure/kinds.ts";
import { MAX_HEAD_BYTES } from "../headers.ts";
import { type Dialer, type Forward, QuietSince, targetOf, watchPath } from "../route/index.ts";
import { readDirectly, type SocketReads } from "./direct-reads.ts";
import { loadUndiciClient } from "./undici.ts";

/** How long an unused connection is kept, in milliseconds, if the server states no time. */
const KEEP_ALIVE_MS = 30_000;

/** Where a request's bytes are sent: to its origin, directly or through a tunnel, or to a proxy that forwards plain HTTP. */
export interface Destination {
  readonly url: URL;
  /** The URL's origin: requests to one origin share connections. */
  readonly origin: string;
  /** Set for plain HTTP through an HTTP proxy: the request is sent there in absolute form. */
  readonly forwardThrough: Forward | undefined;
}

export interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * A connection, used by one request at a time. It must not reference the request, which would then stay in memory as long as the response.
 */
export interface PooledConnection {
  readonly client: Client;
  readonly dialled: DialledSocket;
  readonly reads: SocketReads;
  /** Connections with the same key are interchangeable. */
  readonly key: string;
  /** When it was last returned to the pool: the server may have closed it since. */
  quietSince: QuietSince | undefined;
}

/**
 * Idle HTTP/1.1 connections, each an undici `Client` around a socket from the dialer. undici's own pools would connect by themselves: one
 * time-out for everything, no abort while connecting, and errors wrapped twice.
 */
export class ConnectionPool {
  readonly #dialer: Dialer;
  readonly #idle = new Map<string, PooledConnection[]>();
  readonly #all = new Set<Client>();
  /** Connections being opened, each with a signal of its own: a shared signal would be searched each time one begins or ends. */
  readonly #dials = new Set<AbortController>();
  #isClosed = false;

  constructor(dialer: Dialer) {
    this.#dialer = dialer;
  }

  async acquire(destination: Destination, limits: Limits): Promise<PooledConnection> {
    if (limits.signal?.aborted) throw new AbortedError(limits.signal.reason);
    const idle = this.#idle.get(keyOf(destination)) ?? [];
    for (let connection = idle.pop(); connection; connection = idle.pop()) {
      if (!connection.quietSince?.isDoubtful()) return connection;
      this.discard(connection);
    }
    return this.open(destination, limits);
  }

  /** Returns a connection whose response has been read to its end. */
  release(connection: PooledConnection): void {
    const { client, key } = connection;
    if (client.destroyed || !this.#all.has(client)) return;
    connection.quietSince = new QuietSince();
    const idle = this.#idle.get(key);
    if (idle) idle.push(connection);
    else this.#idle.set(key, [connection]);
  }

  /** Closes a connection whose client refused the request: the client may not own the socket yet, and would leave it open. */
  discard(connection: PooledConnection): void {
    connection.dialled.socket.destroy();
    this.#forget(connection);
  }

  /** Watches a connection during a request. If its path is dead, idle connections share that path and are not used again. */
  watch(connection: PooledConnection, onDead: (error: NetworkError) => void): () => void {
    return watchPath(connection.dialled.socket, (error) => {
      for (const idle of [...this.#idle.values()].flat()) this.discard(idle);
      onDead(error);
    });
  }

  /** Closes all connections permanently, including those in use and those being opened. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const dial of this.#dials) dial.abort();
    this.#idle.clear();
    await Promise.all([...this.#all].map((client) => client.destroy(transportClosed())));
  }

  /** Opens a new connection, even if idle ones exist. */
  async open(destination: Destination, limits: Limits): Promise<PooledConnection> {
    if (this.#isClosed) throw transportClosed();
    if (limits.signal?.aborted) throw new AbortedError(limits.signal.reason);
    // In parallel: the first connection waits for the network while undici is loaded.
    const loading = loadUndiciClient();
    loading.catch(() => {}); // reported below; a connection failure comes first
    const dialled = new DialledSocket(await this.#dial(destination, limits));
    const { socket } = dialled;
    const UndiciClient = await loading.catch((error: unknown) => {
      socket.destroy();
      throw error;
    });
    if (this.#isClosed) {
      socket.destroy();
      throw transportClosed();
    }
    const client = new UndiciClient(destination.origin, {
      // The callback must run in a later tick: undici loses the request that made it connect if it runs at once.
      connect: (_options, callback) => queueMicrotask(() => dialled.handOver(callback)),
      pipelining: 1,
      maxHeaderSize: MAX_HEAD_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Time-outs are handled in one place, not here.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const reads = readDirectly(socket);
    const connection: PooledConnection = { client, dialled, reads, key: keyOf(destination), quietSince: undefined };
    this.#all.add(client);
    const forget = (): void => this.#forget(connection);
    client.on("disconnect", forget).on("connectionError", forget);
    return connection;
  }

  async #dial({ url, forwardThrough }: Destination, { timeoutMs, signal }: Limits): Promise<Socket> {
    const dial = new AbortController();
    const onAbort = (): void => dial.abort(signal?.reason);
    this.#dials.add(dial);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const limits = { timeoutMs, signal: dial.signal };
      return await (forwardThrough ? forwardThrough.dial(limits) : this.#dialer.dial(targetOf(url), limits));
    } catch (error) {
      throw this.#isClosed ? transportClosed() : error;
    } finally {
      this.#dials.delete(dial);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #forget(connection: PooledConnection): void {
    const { client, key } = connection;
    this.#all.delete(client);
    const rest = this.#idle.get(key)?.filter((other) => other !== connection) ?? [];
    if (rest.length > 0) this.#idle.set(key, rest);
    else this.#idle.delete(key);
    // A client without its connection would open a new one by itself.
    client.destroy().catch(() => {});
  }
}

/**
 * A socket, watched from the moment in which it is there: undici comes later, and asks again and again for a connection in place of a dead
 * one.
 */
class DialledSocket {
  readonly socket: Socket;
  /** The first error on the socket: undici reports the last, and a TLS alert comes before the end. */
  fault: Error | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", (error) => {
      this.fault ??= error;
    });
  }

  handOver(callback: buildConnector.Callback): void {
    if (this.socket.destroyed) callback(this.fault ?? this.socket.errored ?? new Error("other side closed"), null);
    else callback(null, this.socket);
  }
}

function transportClosed(): NetworkError {
  return new NetworkError("the transport was closed", { code: "TRANSPORT_CLOSED", phase: "request", outlook: "never" });
}

function keyOf(destination: Destination): string {
  return destination.forwardThrough ? `forward ${destination.origin}` : destination.origin;
}
