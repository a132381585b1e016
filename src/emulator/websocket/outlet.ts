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

export interface FrameOutletOptions extends Pick<Step, "chunkBytes"> {
  readonly websocket: WebSocket;
  /** The socket under the WebSocket. */
  readonly socket: Duplex;
  readonly gone: Departure;
  readonly connections: Connections;
  readonly passing: Exchange;
  /** The lane that every event names. */
  readonly streamId: string | undefined;
}

/** An answer as frames on a WebSocket, one event per text frame. */
export class FrameOutlet implements Outlet {
  readonly gone: Departure;
  readonly #websocket: WebSocket;
  readonly #socket: Duplex;
  readonly #options: FrameOutletOptions;
  #lastSend: Promise<void> = Promise.resolve();

  constructor(options: FrameOutletOptions) {
    this.gone = options.gone;
    this.#websocket = options.websocket;
    this.#socket = options.socket;
    this.#options = options;
  }

  sendEvent(event: unknown): Promise<void> {
    return this.sendFrame(jsonOf(event, this.#options.streamId));
  }

  /** Events that are ready together: one frame each, in one write if the socket allows it. */
  async sendBatch(events: readonly EncodedEvent[]): Promise<void> {
    if (this.gone.hasHappened) return;
    const { streamId, passing } = this.#options;
    this.#socket.cork();
    const texts = events.map((event) => jsonOf(event, streamId));
    for (const data of texts) passing.pass({ kind: "received", data });
    const last = texts.pop();
    for (const text of texts) this.#websocket.send(text, noop);
    if (last !== undefined) this.#lastSend = new Promise((resolve) => this.#websocket.send(last, () => resolve()));
    this.#socket.uncork();
    if (this.#websocket.bufferedAmount > HIGH_WATER_BYTES) await unlessFired(this.#lastSend, this.gone.signal);
  }

  async sendFrame(frame: string | Uint8Array): Promise<void> {
    if (this.gone.hasHappened) return;
    this.#options.passing.pass({ kind: "received", data: frame });
    const bytes = Buffer.from(frame);
    const size = this.#options.chunkBytes ?? Math.max(1, bytes.length);
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
    this.#options.passing.end("finished", { code, ...(reason !== undefined && { reason }) });
    this.#websocket.close(code, reason);
  }

  async terminate(): Promise<void> {
    await this.#lastSend;
    await flushed(this.#socket);
    this.#options.passing.end("cut");
    this.#options.connections.terminate(this.#socket);
  }

  async reset(): Promise<void> {
    await this.#lastSend;
    await flushed(this.#socket);
    this.#options.passing.end("reset");
    this.#options.connections.reset(this.#socket);
  }

  #send(bytes: Uint8Array, options: { readonly binary: boolean; readonly fin: boolean }): void {
    this.#lastSend = new Promise((resolve) => this.#websocket.send(bytes, options, () => resolve()));
  }
}

function noop(): void {}
