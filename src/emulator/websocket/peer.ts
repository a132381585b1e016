import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { Departure } from "../delivery/departure.ts";
import { type Step, scriptFailure } from "../delivery/script.ts";
import { type Fields, isFields } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import type { Service } from "../service.ts";
import type { ServiceError } from "../service-error.ts";
import { dataOf } from "../websocket-library.ts";
import type { Exchange } from "../workbench/exchanges/exchange.ts";
import { frameOf } from "../workbench/requests.ts";
import { FrameOutlet } from "./outlet.ts";

/** RFC 6455 §5.5. */
const MOST_REASON_BYTES = 123;

export interface AcceptedSocket {
  readonly websocket: WebSocket;
  /** The socket under the WebSocket. */
  readonly socket: Duplex;
  readonly handshake: RecordedRequest;
  /** Pings are never answered. */
  readonly silent: boolean;
  readonly passing: Exchange;
}

/** The client of a WebSocket: its frames are recorded and passed on, its pings answered. */
export class SocketPeer {
  readonly handshake: RecordedRequest;
  readonly #service: Service;
  readonly #accepted: AcceptedSocket;
  readonly #gone = new Departure();

  constructor(service: Service, accepted: AcceptedSocket, onFrame: (request: RecordedRequest) => void) {
    this.#service = service;
    this.#accepted = accepted;
    const { websocket, silent, handshake, passing } = accepted;
    this.handshake = handshake;
    websocket.on("message", (data, isBinary) => {
      const sent = dataOf(data, isBinary);
      const request = frameOf(handshake, sent);
      passing.pass({ kind: "sent", data: sent });
      service.record(request);
      onFrame(request);
    });
    websocket.on("ping", (payload) => {
      if (!silent) websocket.pong(payload);
    });
    websocket.on("error", () => {}); // `close` follows, with 1009 for a message that is too large
    websocket.on("close", (code, reason) => {
      this.#gone.happened();
      passing.end("left", { code, reason: reason.toString("utf8") });
      service.journal.websocketClosed();
    });
  }

  /** Knows whether the client has left. */
  get gone(): Departure {
    return this.#gone;
  }

  /** @param streamId - The lane that every event should name. */
  outlet({ chunkBytes }: Step = {}, streamId?: string): FrameOutlet {
    const { websocket, socket, passing } = this.#accepted;
    const { gone } = this;
    const { connections } = this.#service;
    return new FrameOutlet({ websocket, socket, gone, connections, passing, chunkBytes, streamId });
  }

  refuse(error: ServiceError, streamId?: string): void {
    const data = JSON.stringify(error.toFrame(streamId));
    this.#accepted.passing.pass({ kind: "received", data });
    this.#accepted.websocket.send(data, () => {});
  }

  /** @param code - Undefined for a close frame without a code. */
  close(code: number | undefined, reason?: string): void {
    this.#accepted.passing.end("finished", {
      ...(code !== undefined && { code }),
      ...(reason !== undefined && { reason }),
    });
    this.#accepted.websocket.close(code, reason);
  }

  /** Closes it because a function of the script or the scenario failed, and says how. */
  fail(error: unknown): void {
    const reason = Buffer.from(scriptFailure(error)).subarray(0, MOST_REASON_BYTES);
    this.close(1011, new TextDecoder().decode(reason, { stream: true })); // without the half of a character at its end
  }

  /** Stops reading until `resume`. */
  pause(): void {
    this.#accepted.websocket.pause();
  }

  resume(): void {
    this.#accepted.websocket.resume();
  }
}

/** A scripted HTTP answer as a frame: an object keeps its fields, anything else becomes the message. */
export function errorFrame({ status, headers, body }: Step): Fields {
  const content = isFields(body)
    ? body
    : { error: { type: "server_error", message: String(body ?? `status ${status}`) } };
  return { type: "error", status, ...content, ...(headers && { headers }) };
}
