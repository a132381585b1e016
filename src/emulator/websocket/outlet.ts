import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { type Connections, flushed } from "../connections.ts";
import { type Outlet, unlessFired } from "../delivery/delivery.ts";
import type { Departure } from "../delivery/departure.ts";
import type { Step } from "../delivery/script.ts";
import { type EncodedEvent, jsonOf } from "../responses/events/encoded-event.ts";
import type { Exchange } from "../workbench/exchanges/exchange.ts";

const HIGH_WATER_BYTES = 256 * 1024;
const NORMAL_CLOSURE = 1000;

/** An answer as frames on a WebSocket, one event per text frame. */
export class FrameOutlet implements Outlet {
  readonly gone: Departure;
  readonly #websocket: WebSocket;
  readonly #socket: Duplex;
  readonly #connections: Connections;
  readonly #chunkBytes: number | undefined;
  readonly #streamId: string | undefined;
  readonly #passing: Exchange | undefined;
  #lastSend: Promise<void> = Promise.resolve();

  constructor(
    websocket: WebSocket,
    socket: Duplex,
    gone: Departure,
    connections: Connections,
    { chunkBytes }: Pick<Step, "chunkBytes">,
    { streamId, passing }: { readonly streamId?: string | undefined; readonly passing?: Exchange | undefined } = {},
  ) {
    this.#websocket = websocket;
    this.#socket = socket;
    this.gone = gone;
    this.#connections = connections;
    this.#chunkBytes = chunkBytes;
    this.#streamId = streamId;
    this.#passing = passing;
  }

  sendEvent(event: unknown): Promise<void> {
    return this.sendFrame(jsonOf(event, this.#streamId));
  }

  /** Events that are ready together: one frame each, in one write if the socket allows it. */
  async sendBatch(events: readonly EncodedEvent[]): Promise<void> {
    if (this.gone.hasHappened) return;
    this.#socket.cork();
    const texts = events.map((event) => jsonOf(event, this.#streamId));
    for (const data of texts) this.#passing?.pass({ kind: "received", data });
    const last = texts.pop();
    for (const text of texts) this.#websocket.send(text, noop);
    if (last !== undefined) this.#lastSend = new Promise((resolve) => this.#websocket.send(last, () => resolve()));
    this.#socket.uncork();
    if (this.#websocket.bufferedAmount > HIGH_WATER_BYTES) await unlessFired(this.#lastSend, this.gone.signal);
  }

  async sendFrame(frame: string | Uint8Array): Promise<void> {
    if (this.gone.hasHappened) return;
    this.#passing?.pass({ kind: "received", data: frame });
    const bytes = Buffer.from(frame);
    const size = this.#chunkBytes ?? Math.max(1, bytes.length);
    for (let start = 0; start === 0 || start < bytes.length; start += size) {
      const fin = start + size >= bytes.length;
      this.#send(bytes.subarray(start, start + size), { binary: typeof frame !== "string", fin });
    }
    if (this.#websocket.bufferedAmount > HIGH_WATER_BYTES) await unlessFired(this.#lastSend, this.gone.signal);
  }

  async sendRaw(bytes: Uint8Array): Promise<void> {
    await this.#lastSend;
    this.#socket.write(bytes);
    await flushed(this.#socket);
  }

  sendKeepAlive(): void {
    if (this.#websocket.readyState === this.#websocket.OPEN) this.#websocket.ping();
  }

  /** The connection stays open for the next request. */
  finish(): void {}

  end(close: Step["close"]): void {
    const { code = NORMAL_CLOSURE, reason } = close ?? {};
    this.#passing?.end("finished", { code, ...(reason !== undefined && { reason }) });
    this.#websocket.close(code, reason);
  }

  async terminate(): Promise<void> {
    await this.#lastSend;
    await flushed(this.#socket);
    this.#passing?.end("cut");
    this.#connections.terminate(this.#socket);
  }

  async reset(): Promise<void> {
    await this.#lastSend;
    await flushed(this.#socket);
    this.#passing?.end("reset");
    this.#connections.reset(this.#socket);
  }

  #send(bytes: Uint8Array, options: { readonly binary: boolean; readonly fin: boolean }): void {
    this.#lastSend = new Promise((resolve) => this.#websocket.send(bytes, options, () => resolve()));
  }
}

function noop(): void {}
