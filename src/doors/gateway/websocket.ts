import type { IncomingMessage } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import type { HeaderMap, OpenWebSocket } from "../../client/index.ts";
import { forwardable, joined, parted, toldHeaders } from "../forwarding/headers.ts";
import { refusalOf, type WholeAnswer } from "../forwarding/refusal.ts";
import { refusal } from "./access.ts";
import { describeFailure, failureAnswer } from "./failure.ts";
import { type Parts, upstreamPath } from "./parts.ts";
import { RequestRecord } from "./record.ts";
import { Relay } from "./relay.ts";

/** Clients' WebSockets, each with one to the service: messages are passed on unchanged. */
export class WebSockets {
  readonly #parts: Parts;
  readonly #relays = new Set<Relay>();
  /** Connections of clients that wait until the service accepts a WebSocket. */
  readonly #waiting = new Set<Duplex>();
  #server: Promise<WebSocketServer> | undefined;
  readonly #answers = new WeakMap<IncomingMessage, HeaderMap>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Never rejects. */
  async upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const record = new RequestRecord(message, this.#parts.settings);
    record.carrier = "websocket";
    const gone = new AbortController();
    const onGone = (): void => {
      this.#waiting.delete(socket);
      gone.abort(new Error("the client left"));
    };
    socket.once("close", onGone);
    socket.on("error", () => {}); // the end is reported as `close`
    record.received();
    const refused = this.#refusal(message, record);
    if (refused) return refuse(socket, refused, record);
    this.#waiting.add(socket);
    this.#server ??= this.#open();
    const server = await this.#server;
    let upstream: OpenWebSocket;
    try {
      upstream = await this.#parts.connect(parted(joined(message.headers)).others, gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return record.ended("left");
      this.#waiting.delete(socket);
      record.failed(describeFailure(error));
      return refuse(socket, refusalOf(error) ?? failureAnswer(error), record);
    }
    socket.off("close", onGone);
    this.#waiting.delete(socket);
    const headers = toldHeaders(forwardable(upstream.headers));
    this.#answers.set(message, headers);
    let isTaken = false;
    server.handleUpgrade(message, socket, head, (client) => {
      isTaken = true;
      record.answered(101, headers);
      const relay = new Relay(client, upstream, {
        record,
        parts: this.#parts,
        onEnd: () => this.#relays.delete(relay),
      });
      this.#relays.add(relay);
      if (this.#parts.isDraining) relay.drain();
    });
    if (isTaken) return;
    upstream.terminate(); // the client has left meanwhile, or its handshake was invalid
    record.ended("left");
  }

  /** Closes each WebSocket as soon as no response is running on it. */
  drain(): void {
    for (const relay of this.#relays) relay.drain();
  }

  terminate(): void {
    for (const relay of this.#relays) relay.terminate();
    for (const socket of this.#waiting) socket.destroy();
  }

  #refusal(message: IncomingMessage, record: RequestRecord): WholeAnswer | undefined {
    const admitted = this.#parts.access.admit(message.headers);
    if ("status" in admitted) return admitted;
    record.token = admitted.token;
    if (upstreamPath(message.url)?.split("?", 1)[0] !== "/responses")
      return refusal(404, "not_found", `The gateway has no WebSocket at ${message.url?.split("?", 1)[0]}.`);
    if (this.#parts.isDraining) return refusal(503, "draining", "The gateway is shutting down; use another one.");
    if (this.#relays.size >= this.#parts.settings.maxRequests)
      return refusal(503, "too_many_requests", "The gateway has too many open WebSockets.");
    return undefined;
  }

  async #open(): Promise<WebSocketServer> {
    const { WebSocketServer } = await import("ws");
    const maxPayload = this.#parts.settings.maxBodyBytes;
    const server = new WebSocketServer({
      noServer: true,
      maxPayload,
      perMessageDeflate: false,
      skipUTF8Validation: true,
    });
    server.on("headers", (lines, message) => {
      for (const [name, value] of Object.entries(this.#answers.get(message) ?? {})) lines.push(`${name}: ${value}`);
    });
    return server;
  }
}

function refuse(socket: Duplex, answer: WholeAnswer, record: RequestRecord): void {
  const { status, body } = answer;
  const headers = toldHeaders(answer.headers);
  const bytes = Buffer.from(body);
  record.answered(status, headers);
  record.sent(bytes);
  const lines = Object.entries({ ...headers, "content-length": String(bytes.length), connection: "close" });
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  );
  socket.end(bytes, () => socket.destroy()); // no server handles this client any more, so nothing else closes the socket
  record.ended("finished");
}
