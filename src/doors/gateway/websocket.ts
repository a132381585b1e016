import type { IncomingMessage } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import type { HeaderMap, OpenWebSocket } from "../../client/index.ts";
import { forwardable, joined, parted } from "../forwarding/headers.ts";
import { refusalOf, type WholeAnswer } from "../forwarding/refusal.ts";
import { refusal } from "./access.ts";
import { describeFailure, failureAnswer } from "./failure.ts";
import { toldHeaders } from "./headers.ts";
import { type Parts, type Upstream, upstreamPath } from "./parts.ts";
import { RequestRecord } from "./record.ts";

/** Bytes that wait to go out on one side, from which the other side is not read. */
const HIGH_WATER_BYTES = 1024 * 1024;
const PING_INTERVAL_MS = 25_000;

const GOING_AWAY = 1001;
const NO_STATUS = 1005;
const ABNORMAL = 1006;

/** By how a message begins or ends, as far as it matters who is at work: no message is read. */
const TERMINAL = /"type": ?"(?:response\.(?:completed|failed|incomplete)|error)"/;
const FAILS = /"type": ?"(?:response\.failed|error)"/;
const CREATES = /"type": ?"response\.create"/;
const ENDS_BYTES = 128;

/** WebSockets of clients, each on one to the service: messages pass as they are. */
export class WebSockets {
  readonly #parts: Parts;
  readonly #relays = new Set<Relay>();
  /** Of clients that wait for the service to take a WebSocket. */
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
    socket.on("error", () => {}); // its end is heard of as `close`
    record.received();
    const refused = this.#refusal(message);
    if (refused) return refuse(socket, refused, record);
    this.#waiting.add(socket);
    this.#server ??= this.#open();
    const server = await this.#server;
    let upstream: Upstream;
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
    const headers = toldHeaders(forwardable(upstream.socket.headers));
    this.#answers.set(message, headers);
    let isTaken = false;
    server.handleUpgrade(message, socket, head, (client) => {
      isTaken = true;
      record.answered(101, headers);
      const relay = new Relay(client, upstream, record, () => this.#relays.delete(relay));
      this.#relays.add(relay);
      if (this.#parts.isDraining) relay.drain();
    });
    if (isTaken) return;
    upstream.socket.terminate(); // the client has left meanwhile, or its handshake was none
    record.ended("left");
  }

  /** Ends each as soon as no response is under way on it. */
  drain(): void {
    for (const relay of this.#relays) relay.drain();
  }

  terminate(): void {
    for (const relay of this.#relays) relay.terminate();
    for (const socket of this.#waiting) socket.destroy();
  }

  #refusal(message: IncomingMessage): WholeAnswer | undefined {
    const admitted = this.#parts.access.admit(message.headers);
    if ("status" in admitted) return admitted;
    if (upstreamPath(message.url)?.split("?", 1)[0] !== "/responses")
      return refusal(404, "not_found", `The gateway has no WebSocket at ${message.url?.split("?", 1)[0]}.`);
    if (this.#parts.isDraining) return refusal(503, "draining", "The gateway is about to end; ask another.");
    if (this.#relays.size >= this.#parts.settings.maxRequests)
      return refusal(503, "too_many_requests", "The gateway has as many WebSockets open as it takes.");
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

/** One client's WebSocket and its counterpart. */
class Relay {
  readonly #client: WebSocket;
  readonly #upstream: OpenWebSocket;
  readonly #ping: NodeJS.Timeout;
  #underWay = 0;
  #isDraining = false;

  constructor(client: WebSocket, { socket: upstream, blank }: Upstream, record: RequestRecord, onEnd: () => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#ping = setInterval(() => upstream.ping(), PING_INTERVAL_MS);
    this.#ping.unref();
    client.on("message", (data: Buffer, isBinary) => {
      if (CREATES.test(endsOf(data))) this.#underWay += 1;
      record.message("sent", data, isBinary);
      pass(data, isBinary, client, upstream);
    });
    upstream.on("message", (message: Buffer, isBinary: boolean) => {
      const ends = endsOf(message);
      // Where the service refuses credentials it may repeat them.
      const data = FAILS.test(ends) ? Buffer.from(blank(message.toString())) : message;
      record.message("received", data, isBinary);
      pass(data, isBinary, upstream, client);
      if (this.#underWay === 0 || !TERMINAL.test(ends)) return;
      this.#underWay -= 1;
      if (this.#isDraining) this.drain();
    });
    for (const side of [client, upstream]) side.on("error", () => {}); // `close` follows
    upstream.on("close", (code: number, reason: Buffer) => {
      closeWith(client, code, reason);
      record.ended(code === ABNORMAL ? "cut" : "finished", { code });
    });
    client.on("close", (code, reason) => {
      clearInterval(this.#ping);
      closeWith(upstream, code, reason);
      record.ended("left", { code });
      onEnd();
    });
  }

  drain(): void {
    this.#isDraining = true;
    if (this.#underWay === 0) this.#client.close(GOING_AWAY, "the gateway is about to end");
  }

  terminate(): void {
    this.#client.terminate();
    this.#upstream.terminate();
  }
}

type Side = Pick<OpenWebSocket, "send" | "bufferedAmount" | "pause" | "resume" | "readyState">;

const OPEN = 1;

/** A side that takes its time holds the other one up. */
function pass(data: Buffer, binary: boolean, from: Side, to: Side): void {
  if (to.readyState !== OPEN) return;
  to.send(data, { binary }, () => {
    if (to.bufferedAmount < HIGH_WATER_BYTES) from.resume();
  });
  if (to.bufferedAmount >= HIGH_WATER_BYTES) from.pause();
}

function endsOf(data: Buffer): string {
  if (data.length <= 2 * ENDS_BYTES) return data.toString("latin1");
  return data.toString("latin1", 0, ENDS_BYTES) + data.toString("latin1", data.length - ENDS_BYTES);
}

/** With the same code, where a close frame may carry it. */
function closeWith(side: Pick<OpenWebSocket, "close" | "terminate">, code: number, reason: Buffer): void {
  if (code === ABNORMAL) side.terminate();
  else if (code === NO_STATUS) side.close();
  else side.close(code, reason.toString());
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
  socket.end(bytes, () => socket.destroy()); // no server waits for this client any more: nothing else ends what it leaves open
  record.ended("finished");
}
