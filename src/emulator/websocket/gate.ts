import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import { type EncodedAnswer, encodeAnswer } from "../http/answer.ts";
import { checkCaller } from "../http/guard.ts";
import { headersOf } from "../http/headers.ts";
import type { RecordedRequest } from "../recording.ts";
import { routeOf } from "../routes.ts";
import type { Step, StepAnswer } from "../script.ts";
import type { Service } from "../service.ts";
import { ServiceError } from "../service-error.ts";
import type { AcceptedSocket } from "./peer.ts";

const DEFAULT_MAX_FRAME_BYTES = 16 * 1024 * 1024;
const EMPTY = new Uint8Array();

/** What goes on over a WebSocket, by the endpoint that it was opened at. */
export type OpenConnection = Readonly<Record<"responses" | "realtime", (accepted: AcceptedSocket) => void>>;

/** Answers WebSocket handshakes. The only file that loads `ws`, on the first handshake. */
export class WebsocketGate {
  readonly #service: Service;
  readonly #open: OpenConnection;
  readonly #headers = new WeakMap<IncomingMessage, Readonly<Record<string, string>>>();
  #server: Promise<WebSocketServer> | undefined;

  constructor(service: Service, open: OpenConnection) {
    this.#service = service;
    this.#open = open;
  }

  /** Never rejects. */
  async upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => {}); // a client that leaves in between
    const handshake = this.#recorded(message, socket);
    try {
      await this.#answer(message, socket, head, handshake);
    } catch (error) {
      const refusal =
        error instanceof ServiceError ? error : new ServiceError(500, { message: String(error), type: "server_error" });
      this.#refuse(socket, { status: refusal.status, headers: refusal.headers, body: { error: refusal.error } });
    }
  }

  async #answer(message: IncomingMessage, socket: Duplex, head: Buffer, handshake: RecordedRequest): Promise<void> {
    checkCaller(handshake, this.#service.options);
    const step = await this.#service.script.next(handshake);
    if (step.refuse === "stall" || step.stallBeforeHeaders) return stall(socket);
    if (step.refuse === "reset" || step.resetBeforeHeaders) return this.#service.connections.reset(socket);
    if (step.refuse || step.status !== undefined) return this.#refuse(socket, step.refuse ?? step);
    const endpoint = this.#check(handshake);
    this.#server ??= this.#createServer();
    const server = await this.#server;
    this.#headers.set(message, this.#headersOf(endpoint, step));
    server.handleUpgrade(message, socket, head, (websocket) => {
      this.#open[endpoint]({ websocket, socket, handshake, silent: step.accept?.silent ?? false });
    });
  }

  /** @throws {@link ServiceError} */
  #check({ path, headers }: RecordedRequest): keyof OpenConnection {
    const { pathname } = new URL(path, "http://emulator");
    const endpoint = endpointAt(pathname);
    if (endpoint !== "responses" && endpoint !== "realtime")
      throw new ServiceError(404, { message: `Invalid URL (GET ${pathname})` });
    const { websockets = true, requireWebsocketBeta = false } = this.#service.options;
    if (!websockets)
      throw new ServiceError(426, { message: "Use HTTP for this endpoint.", headers: { upgrade: "HTTP/1.1" } });
    this.#service.authorize(headers);
    if (
      endpoint === "responses" &&
      requireWebsocketBeta &&
      !/\bresponses_websockets=/.test(headers["openai-beta"] ?? "")
    ) {
      throw new ServiceError(400, { message: "Missing header: 'openai-beta: responses_websockets=…'." });
    }
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
    const { WebSocketServer: Server } = await import("ws");
    // `autoPong` off: some connections are to stay silent.
    const server = new Server({
      noServer: true,
      perMessageDeflate: this.#service.options.compressFrames ?? false,
      clientTracking: false,
      autoPong: false,
      maxPayload: this.#maxFrameBytes,
    });
    server.on("headers", (lines, message) => {
      for (const [name, value] of Object.entries(this.#headers.get(message) ?? {})) lines.push(`${name}: ${value}`);
    });
    return server;
  }

  #recorded(message: IncomingMessage, socket: Duplex): RecordedRequest {
    const request: RecordedRequest = {
      kind: "handshake",
      method: message.method ?? "GET",
      path: message.url ?? "/",
      ...headersOf(message),
      body: EMPTY,
      wireBytes: 0,
      json: undefined,
      connection: this.#service.connections.numberOf(socket),
    };
    this.#service.record(request);
    return request;
  }

  #refuse(socket: Duplex, answer: StepAnswer): void {
    const encoded = encodeAnswer({ status: 400, ...answer }, { ...this.#service.baseHeaders(), connection: "close" });
    socket.end(Buffer.concat([Buffer.from(headOf(encoded), "latin1"), encoded.body]));
  }
}

/** A handshake is a GET, where a request for a response is a POST. */
function endpointAt(pathname: string): string | undefined {
  for (const method of ["POST", "GET"]) {
    const route = routeOf(method, pathname);
    if (route && "endpoint" in route) return route.endpoint;
  }
  return undefined;
}

/** Leaves the handshake unanswered, and lets go when the client does. */
function stall(socket: Duplex): void {
  socket.on("end", () => socket.destroy());
}

function headOf({ status, headers }: EncodedAnswer): string {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
  for (const [name, value] of Object.entries(headers)) {
    for (const single of typeof value === "string" ? [value] : value) lines.push(`${name}: ${single}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
