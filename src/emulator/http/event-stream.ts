import type { ServerResponse } from "node:http";
import { holdTogether, writeChunk } from "../../server/index.ts";
import { type Connections, flushed } from "../connections.ts";
import { type Outlet, unlessFired } from "../delivery/delivery.ts";
import type { Departure } from "../delivery/departure.ts";
import { isFields } from "../fields.ts";
import { EncodedEvent, jsonOf } from "../responses/events/encoded-event.ts";
import type { Exchange } from "../workbench/exchanges/exchange.ts";
import type { Passed } from "../workbench/exchanges/passed.ts";

const COMMENT = ": keep-alive\n\n";

/** An answer as server-sent events: `event:` and `data:` in each frame, as the service writes them. */
export class EventStream implements Outlet {
  readonly gone: Departure;
  readonly #response: ServerResponse;
  readonly #connections: Connections;
  readonly #chunkBytes: number | undefined;
  readonly #passing: Exchange | undefined;

  constructor(
    response: ServerResponse,
    gone: Departure,
    connections: Connections,
    { chunkBytes, passing }: { readonly chunkBytes: number | undefined; readonly passing?: Exchange | undefined },
  ) {
    this.#response = response;
    this.gone = gone;
    this.#connections = connections;
    this.#chunkBytes = chunkBytes;
    this.#passing = passing;
  }

  async sendEvent(event: unknown): Promise<void> {
    const data = jsonOf(event);
    const type = event instanceof EncodedEvent || isFields(event) ? event.type : undefined;
    const isTyped = typeof type === "string";
    const frame = isTyped ? `event: ${type}\ndata: ${data}\n\n` : `data: ${data}\n\n`;
    this.#pass(isTyped ? { kind: "event", type, data } : { kind: "body", data: frame });
    if (this.#chunkBytes === undefined) await this.#write(frame);
    else await this.#writeCut(Buffer.from(frame), this.#chunkBytes);
  }

  /** Events that are ready together, in one write. */
  async sendBatch(events: readonly Pick<EncodedEvent, "type" | "json">[]): Promise<void> {
    if (this.gone.hasHappened) return;
    let frames = "";
    for (const { type, json } of events) frames += `event: ${type}\ndata: ${json}\n\n`;
    this.#passing?.framed(frames);
    if (this.#response.socket) holdTogether(this.#response.socket);
    const full = writeChunk(this.#response, frames, "utf8");
    if (full) await unlessFired(new Promise<void>((resolve) => full.once("drain", () => resolve())), this.gone.signal);
  }

  async sendRaw(bytes: Uint8Array): Promise<void> {
    this.#pass({ kind: "body", data: bytes });
    await this.#writeCut(bytes, this.#chunkBytes ?? bytes.length);
  }

  sendKeepAlive(): void {
    if (this.gone.hasHappened) return;
    this.#pass({ kind: "body", data: COMMENT });
    this.#response.write(COMMENT);
  }

  finish(): void {
    this.#response.end();
  }

  end(): void {
    this.finish();
  }

  async terminate(): Promise<void> {
    const { socket } = this.#response;
    if (!socket) return;
    await flushed(socket);
    this.#passing?.end("cut");
    this.#connections.terminate(socket);
  }

  async reset(): Promise<void> {
    const { socket } = this.#response;
    if (!socket) return;
    await flushed(socket);
    this.#passing?.end("reset");
    this.#connections.reset(socket);
  }

  #pass(passed: Passed): void {
    if (!this.gone.hasHappened) this.#passing?.pass(passed);
  }

  async #write(chunk: string | Uint8Array): Promise<void> {
    if (this.gone.hasHappened || this.#response.write(chunk)) return;
    const drained = new Promise<void>((resolve) => this.#response.once("drain", () => resolve()));
    await unlessFired(drained, this.gone.signal);
  }

  async #writeCut(bytes: Uint8Array, size: number): Promise<void> {
    for (let start = 0; start < bytes.length && !this.gone.hasHappened; start += size) {
      await this.#write(bytes.subarray(start, start + size));
      if (this.#response.socket) await flushed(this.#response.socket);
    }
  }
}
