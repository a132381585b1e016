import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import { checkCaller } from "../callers.ts";
import type { Step, StepAnswer } from "../delivery/script.ts";
import { grouped, pairs } from "../headers.ts";
import { type EncodedAnswer, encodeAnswer } from "../http/answer.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import { pathnameOf, routeOf } from "../routes.ts";
import type { Replaying, Service } from "../service.ts";
import { ServiceError } from "../service-error.ts";
import { dataOf, loadWs } from "../websocket-library.ts";
import type { Exchange } from "../workbench/exchanges/exchange.ts";
import type { Upstream } from "../workbench/relay/upstream.ts";
import { join, openUpstream } from "../workbench/relay/websocket.ts";
import { frameOf, requestOf } from "../workbench/requests.ts";
import { answerOf } from "../workbench/transcripts/player.ts";
import type { AcceptedSocket } from "./peer.ts";
import { ReplayConnection } from "./replaying.ts";

const DEFAULT_MAX_FRAME_BYTES = 16 * 1024 * 1024;
const EMPTY = new Uint8Array();

/** What happens on a WebSocket, by the endpoint at which it was opened. */
export type OpenConnection = Readonly<Record<"responses" | "realtime", (accepted: AcceptedSocket) => void>>;

interface Arrival {
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly handshake: RecordedRequest;
  readonly passing: Exchange;
}

/** Answers WebSocket handshakes. */
export class WebSocketGate {
  readonly #service: Service;
  readonly #open: OpenConnection;
  readonly #headers = new WeakMap<IncomingMessage, Readonly<Record<string, string | readonly string[]>>>();
  #server: Promise<WebSocketServer> | undefined;

  constructor(service: Service, open: OpenConnection) {
    this.#service = service;
    this.#open = open;
  }

  /** Never rejects. */
  async upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => {}); // a client that leaves meanwhile
    const { handshake, passing } = this.#recorded(message, socket);
    try {
      await this.#answer({ message, socket, head, handshake, passing });
    } catch (error) {
      const refusal =
        error instanceof ServiceError ? error : new ServiceError(500, { message: String(error), type: "server_error" });
      const { status, headers, error: body } = refusal;
      this.#refuse(socket, { status, headers, body: { error: body } }, passing);
    }
  }

  async #answer({ message, socket, head, handshake, passing }: Arrival): Promise<void> {
    checkCaller(handshake, this.#service.options);
    const { upstream, replay, journal } = this.#service;
    if (upstream || replay) journal.decided(handshake, { answeredBy: upstream ? "upstream" : "recording" });
    if (upstream) return this.#relay({ message, socket, head, handshake, passing }, upstream);
    if (replay) return this.#replay({ message, socket, head, handshake, passing }, replay);
    const step = await this.#service.script.next(handshake);
    if (step.refuse === "stall" || step.stallBeforeHeaders) return stall(socket, passing);
    if (step.refuse === "reset" || step.resetBeforeHeaders) {
      passing.end("reset");
      return this.#service.connections.reset(socket);
    }
    if (step.refuse || step.status !== undefined) return this.#refuse(socket, step.refuse ?? step, passing);
    const endpoint = this.#check(handshake);
    const headers = this.#headersOf(endpoint, step);
    await this.#accept({ message, socket, head, handshake, passing }, headers, (websocket) => {
      this.#open[endpoint]({ websocket, socket, handshake, passing, silent: step.accept?.silent ?? false });
    });
  }

  /** @param headers - In addition to those of the handshake itself. */
  async #accept(
    { message, socket, head, passing }: Arrival,
    headers: Readonly<Record<string, string | readonly string[]>>,
    open: (websocket: WebSocket) => void,
  ): Promise<void> {
    this.#server ??= this.#createServer();
    const server = await this.#server;
    this.#headers.set(message, headers);
    server.handleUpgrade(message, socket, head, (websocket) => {
      passing.answered(101, headers);
      open(websocket);
    });
  }

  async #relay(arrival: Arrival, upstream: Upstream): Promise<void> {
    const { socket, handshake, passing } = arrival;
    const opened = await openUpstream(upstream, passing.head);
    if (!("websocket" in opened)) {
      const { status, headers, body } = opened;
      return this.#refuse(socket, { status, headers: grouped(headers), body }, passing, {});
    }
    socket.once("close", () => opened.websocket.terminate()); // also if it closes before the handshake is done
    const { connections } = this.#service;
    const breaking = { cut: () => connections.terminate(socket), reset: () => connections.reset(socket) };
    await this.#accept(arrival, grouped(opened.headers), (websocket) => {
      websocket.on("message", (data, isBinary) => this.#service.record(frameOf(handshake, dataOf(data, isBinary))));
      websocket.on("ping", (payload) => websocket.pong(payload));
      websocket.on("close", () => this.#service.journal.websocketClosed());
      join(opened, websocket, passing, breaking);
    });
  }

  /** @throws {@link ServiceError} 404 if nothing is recorded for it. */
  async #replay(arrival: Arrival, replaying: Replaying): Promise<void> {
    const { socket, handshake, passing } = arrival;
    const transcript = replaying.recordings.take(passing.head);
    const answer = answerOf(transcript);
    if (!answer) {
      passing.end("reset");
      return this.#service.connections.reset(socket);
    }
    const headers = grouped(answer.headers);
    if (answer.status !== 101) {
      const pieces = transcript.entries.flatMap((entry) => (entry.kind === "body" ? [Buffer.from(entry.data)] : []));
      return this.#refuse(socket, { status: answer.status, headers, body: Buffer.concat(pieces) }, passing, {});
    }
    await this.#accept(arrival, headers, (websocket) => {
      const accepted = { websocket, socket, handshake, passing, silent: false };
      void new ReplayConnection(this.#service, accepted, transcript, replaying);
    });
  }

  /** @throws {@link ServiceError} */
  #check({ path, headers }: RecordedRequest): keyof OpenConnection {
    const pathname = pathnameOf(path);
    const endpoint = endpointAt(pathname);
    if (endpoint !== "responses" && endpoint !== "realtime")
      throw new ServiceError(404, { message: `Invalid URL (GET ${pathname})` });
    const { websockets = true, requireWebSocketBeta = false } = this.#service.options;
    if (!websockets)
      throw new ServiceError(426, { message: "Use HTTP for this endpoint.", headers: { upgrade: "HTTP/1.1" } });
    this.#service.authorize(headers);
    if (
      endpoint === "responses" &&
      requireWebSocketBeta &&
      !/\bresponses_websockets=/.test(headers["openai-beta"] ?? "")
    ) {
      throw new ServiceError(400, { message: "Missing header: 'openai-beta: responses_websockets=…'." });
    }
    if (endpoint === "realtime") this.#service.agreedSessions.find({ path, headers });
    return endpoint;
  }

  #headersOf(endpoint: keyof OpenConnection, step: Step): Readonly<Record<string, string>> {
    const ofModel = endpoint === "responses" ? this.#service.modelHeaders(undefined) : {};
    const { announceMaxFrameBytes = false } = this.#service.options;
    const largest = announceMaxFrameBytes ? { "x-codex-websocket-max-message-bytes": String(this.#maxFrameBytes) } : {};
    return { ...this.#service.baseHeaders(), ...ofModel, ...largest, ...step.accept?.headers };
  }

  get #maxFrameBytes(): number {
    return this.#service.options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
  }

  async #createServer(): Promise<WebSocketServer> {
    const { WebSocketServer: Server } = await loadWs();
    // `autoPong` off, because some connections should stay silent.
    const server = new Server({
      noServer: true,
      perMessageDeflate: this.#service.options.compressFrames ?? false,
      clientTracking: false,
      autoPong: false,
      maxPayload: this.#maxFrameBytes,
    });
    server.on("headers", (lines, message) => {
      for (const [name, value] of Object.entries(this.#headers.get(message) ?? {}))
        for (const single of typeof value === "string" ? [value] : value) lines.push(`${name}: ${single}`);
    });
    return server;
  }

  #recorded(message: IncomingMessage, socket: Duplex): Pick<Arrival, "handshake" | "passing"> {
    const passing = this.#service.traffic.begin({
      carrier: "websocket",
      method: message.method ?? "GET",
      path: message.url ?? "/",
      headers: pairs(message.rawHeaders),
      body: EMPTY,
      connection: this.#service.connections.numberOf(socket),
    });
    const handshake = requestOf(passing);
    this.#service.record(handshake);
    return { handshake, passing };
  }

  #refuse(
    socket: Duplex,
    answer: StepAnswer,
    passing: Exchange,
    own: Readonly<Record<string, string>> = this.#service.baseHeaders(),
  ): void {
    const encoded = encodeAnswer({ status: 400, ...answer }, { ...own, connection: "close" });
    passing.answered(encoded.status, encoded.headers);
    if (encoded.body.length > 0) passing.pass({ kind: "body", data: encoded.body });
    passing.end("finished");
    socket.end(Buffer.concat([Buffer.from(headOf(encoded), "latin1"), Buffer.from(encoded.body)]));
  }
}

/** A handshake is a GET; a request for a response is a POST. */
function endpointAt(pathname: string): string | undefined {
  for (const method of ["POST", "GET"]) {
    const route = routeOf(method, pathname);
    if (route && "endpoint" in route) return route.endpoint;
  }
  return undefined;
}

/** Leaves the handshake unanswered, and releases the socket when the client closes it. */
function stall(socket: Duplex, passing: Exchange): void {
  socket.on("end", () => {
    passing.end("left");
    socket.destroy();
  });
}

function headOf({ status, headers }: EncodedAnswer): string {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
  for (const [name, value] of Object.entries(headers)) {
    for (const single of typeof value === "string" ? [value] : value) lines.push(`${name}: ${single}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
