import type { Socket } from "node:net";
import type { Client } from "undici";
import { AbortedError } from "../errors.ts";
import { type Dialer, type Forward, targetOf } from "../route/index.ts";
import { readDirectly, type SocketReads } from "./direct-reads.ts";

/** How long an unused connection is kept, in milliseconds, where the server names no time of its own. */
const KEEP_ALIVE_MS = 30_000;

/** Where a request's bytes go: straight (or by tunnel) to its origin, or to a proxy that forwards plain HTTP. */
export interface Destination {
  readonly url: URL;
  /** Of that URL: what shares an origin shares connections. */
  readonly origin: string;
  /** Set for plain HTTP through an HTTP proxy: the request goes there in absolute form. */
  readonly forwardThrough: Forward | undefined;
}

export interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** A connection, held by one request at a time. It knows no request: what it knows stays in memory as long as its response. */
export interface Lease {
  readonly client: Client;
  readonly socket: Socket;
  readonly reads: SocketReads;
  /** Of the connections that can stand in for each other. */
  readonly key: string;
  /** True once it was kept, so that the server may have closed it a moment ago. */
  reused: boolean;
  /** What broke it first, if anything did: undici reports the last thing that happened to a socket, and a TLS alert comes before the end. */
  fault: unknown;
}

/**
 * Kept HTTP/1.1 connections, each an undici `Client` around a socket from the dialer. undici's own pools would dial by themselves:
 * one time-out for all, no abort of a dial under way, and errors wrapped twice.
 */
export class ConnectionPool {
  readonly #dialer: Dialer;
  readonly #Client: typeof Client;
  readonly #idle = new Map<string, Lease[]>();
  readonly #all = new Set<Client>();

  constructor(dialer: Dialer, client: typeof Client) {
    this.#dialer = dialer;
    this.#Client = client;
  }

  async acquire(destination: Destination, limits: Limits): Promise<Lease> {
    if (limits.signal?.aborted) throw new AbortedError(limits.signal.reason);
    return this.#idle.get(keyOf(destination))?.pop() ?? this.open(destination, limits);
  }

  /** Hands a connection back whose response has been read to its end. */
  release(lease: Lease): void {
    const { client, key } = lease;
    if (client.destroyed || !this.#all.has(client)) return;
    lease.reused = true;
    const idle = this.#idle.get(key);
    if (idle) idle.push(lease);
    else this.#idle.set(key, [lease]);
  }

  /** Closes a connection whose client refused the request: it may not have taken the socket over yet, and would leave it open. */
  discard(lease: Lease): void {
    lease.socket.destroy();
    this.#forget(lease);
  }

  /** Closes every connection, those in use included. */
  async close(): Promise<void> {
    this.#idle.clear();
    await Promise.all([...this.#all].map((client) => client.destroy()));
  }

  /** A new connection, whatever is kept. */
  async open(destination: Destination, limits: Limits): Promise<Lease> {
    const { url, origin, forwardThrough } = destination;
    const socket = await (forwardThrough ? forwardThrough.dial(limits) : this.#dialer.dial(targetOf(url), limits));
    const reads = readDirectly(socket);
    const client = new this.#Client(origin, {
      // The answer must come in a later tick: undici loses the request that made it connect when it comes at once.
      connect: (_options, callback) => queueMicrotask(() => callback(null, socket)),
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Waiting is timed in one place, and not here.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const lease: Lease = { client, socket, reads, key: keyOf(destination), reused: false, fault: undefined };
    socket.on("error", (error) => {
      lease.fault ??= error;
    });
    this.#all.add(client);
    client.on("disconnect", () => this.#forget(lease));
    return lease;
  }

  #forget(lease: Lease): void {
    const { client, key } = lease;
    this.#all.delete(client);
    const rest = this.#idle.get(key)?.filter((other) => other !== lease) ?? [];
    if (rest.length > 0) this.#idle.set(key, rest);
    else this.#idle.delete(key);
    // A client without its connection would make a new one by itself.
    client.destroy().catch(() => {});
  }
}

function keyOf(destination: Destination): string {
  return destination.forwardThrough ? `forward ${destination.origin}` : destination.origin;
}
