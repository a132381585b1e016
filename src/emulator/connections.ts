import type { IncomingMessage } from "node:http";
import { type Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate as nextLoop } from "node:timers/promises";
import { joined, pairs } from "./headers.ts";
import type { Header } from "./workbench/exchanges/passed.ts";

/** The headers of a request: as sent, and by name. */
export interface SentHeaders {
  readonly raw: readonly Header[];
  readonly byName: ReturnType<typeof joined>;
}

/** The TCP connections of the server: their numbers, the headers that come on them, and the ways to end them. */
export class Connections {
  readonly #open = new Map<string, { readonly socket: Socket; readonly number: number }>();
  readonly #numbers = new WeakMap<Duplex, number>();
  readonly #headers = new WeakMap<Duplex, SentHeaders>();
  #count = 0;

  watch(server: Server): void {
    server.on("connection", (socket) => {
      const key = keyOf(socket);
      if (this.#open.get(key)?.socket === socket) return; // read once more, see `withoutUpgrade`
      this.#count += 1;
      this.#open.set(key, { socket, number: this.#count });
      socket.on("close", () => this.#open.delete(key));
    });
  }

  /** Counted from 1 in order of arrival; 0 for one that is gone. */
  numberOf(socket: Duplex): number {
    const known = this.#numbers.get(socket);
    if (known !== undefined) return known;
    const number = this.#open.get(keyOf(socket))?.number ?? 0;
    this.#numbers.set(socket, number);
    return number;
  }

  /** The requests on a connection have mostly the same headers, of which the journal then keeps one. */
  headersOf({ rawHeaders, socket }: Pick<IncomingMessage, "rawHeaders" | "socket">): SentHeaders {
    const last = this.#headers.get(socket);
    if (last && isSame(last.raw, rawHeaders)) return last;
    const raw = pairs(rawHeaders);
    const headers = { raw, byName: joined(raw) };
    this.#headers.set(socket, headers);
    return headers;
  }

  /** RST, also below TLS: there the TCP socket is a separate object, found by its port. */
  reset(socket: Duplex): void {
    const tcp = this.#open.get(keyOf(socket))?.socket;
    tcp?.resetAndDestroy();
    socket.destroy();
  }

  /** FIN, without an end of TLS, HTTP or WebSocket. */
  terminate(socket: Duplex): void {
    this.#open.get(keyOf(socket))?.socket.destroy();
    socket.destroy();
  }

  /** Resolves when all are closed and their users have been notified. */
  async destroyAll(): Promise<void> {
    await Promise.all(Array.from(this.#open.values(), ({ socket }) => destroyed(socket)));
  }
}

/**
 * Resolves when everything written has been sent, and a reader in this process has had a chance to read it, so that what comes next is read
 * separately. For Node 20, data and a reset that are read together look like an ordinary end.
 */
export async function flushed(socket: Duplex): Promise<void> {
  if (!socket.destroyed) await new Promise<void>((resolve) => socket.write("", () => resolve()));
  await nextLoop(); // the current poll
  await nextLoop(); // and a complete one
}

function isSame(headers: readonly Header[], raw: readonly string[]): boolean {
  return (
    headers.length * 2 === raw.length &&
    headers.every(([name, value], index) => raw[index * 2] === name && raw[index * 2 + 1] === value)
  );
}

function destroyed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    socket.destroy();
  });
}

function keyOf(socket: Duplex): string {
  return socket instanceof Socket ? `${socket.remoteAddress} ${socket.remotePort}` : "";
}
