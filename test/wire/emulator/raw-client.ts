// Clients with node:http and ws: the emulator is made to test our own, so those cannot test it.
import http from "node:http";
import https from "node:https";
import { createParser } from "eventsource-parser";
import { onTestFinished } from "vitest";
import WebSocket from "ws";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../../src/emulator/index.ts";
import type { StreamEvent } from "../../unit/emulator/stream-event.ts";

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  /** Strings and bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal;
  readonly agent?: http.Agent;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly text: string;
  readonly json: unknown;
  /** Chunks as they came off the socket. */
  readonly chunks: readonly string[];
  /** The code of the error that broke the body, if one did. */
  readonly brokenBy: string | undefined;
}

export async function emulator(options?: EmulatorOptions): Promise<Emulator> {
  const started = await startEmulator(options);
  onTestFinished(() => started.close());
  return started;
}

/** Sends a request and reads the answer to its end, however it ends. Rejects when no answer comes. */
export async function send(url: string, request: RawRequest = {}): Promise<RawAnswer> {
  const answer = await open(url, request);
  const chunks: string[] = [];
  let brokenBy: string | undefined;
  try {
    for await (const chunk of answer) chunks.push(String(chunk));
  } catch (error) {
    brokenBy = (error as NodeJS.ErrnoException).code ?? "unknown";
  }
  const text = chunks.join("");
  const { statusCode = 0, headers, rawHeaders } = answer;
  return { status: statusCode, headers, rawHeaders, text, json: parsed(text), chunks, brokenBy };
}

/** Resolves when the headers are in. */
export function open(url: string, request: RawRequest = {}): Promise<http.IncomingMessage> {
  const { body, ca, signal, agent } = request;
  const isRaw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  const bytes = isRaw ? body : JSON.stringify(body);
  const headers = { ...(body !== undefined && { "content-type": "application/json" }), ...request.headers };
  const method = request.method ?? (body === undefined ? "GET" : "POST");
  return new Promise((resolve, reject) => {
    const module = url.startsWith("https:") ? https : http;
    const outgoing = module.request(url, { method, headers, ca, signal, agent }, (answer) => {
      answer.setEncoding("utf8");
      resolve(answer);
    });
    outgoing.on("error", reject);
    outgoing.end(bytes);
  });
}

/** Events of an SSE text; each frame's `event` must be its data's type. */
export function eventsOf(text: string): StreamEvent[] {
  const events: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => {
      const json: StreamEvent = JSON.parse(data);
      if (event !== json.type) throw new Error(`frame ${event} carries ${json.type}`);
      events.push(json);
    },
  });
  parser.feed(text);
  return events;
}

export async function stream(url: string, body: object): Promise<StreamEvent[]> {
  const answer = await send(`${url}/responses`, { body: { model: "gpt-5.5", stream: true, ...body } });
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return eventsOf(answer.text);
}

/** A WebSocket whose messages can be waited for one by one. */
export class RawSocket {
  readonly websocket: WebSocket;
  readonly handshakeHeaders: Promise<http.IncomingHttpHeaders>;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #messages: { text: string; isBinary: boolean }[] = [];
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(url: string, options: WebSocket.ClientOptions = {}) {
    this.websocket = new WebSocket(`${url.replace(/^http/, "ws")}/responses`, options);
    onTestFinished(() => this.websocket.terminate());
    this.handshakeHeaders = new Promise((resolve) =>
      this.websocket.once("upgrade", (answer) => resolve(answer.headers)),
    );
    this.closed = new Promise((resolve) =>
      this.websocket.once("close", (code, reason) => {
        this.#isClosed = true;
        for (const wake of this.#waiting.splice(0)) wake();
        resolve({ code, reason: reason.toString() });
      }),
    );
    this.websocket.on("error", () => {});
    this.websocket.on("message", (data, isBinary) => {
      this.#messages.push({ text: data.toString(), isBinary });
      this.#waiting.shift()?.();
    });
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.websocket.once("open", resolve);
      this.websocket.once("error", reject);
    });
  }

  async nextMessage(): Promise<{ text: string; isBinary: boolean }> {
    while (this.#messages.length === 0) {
      if (this.#isClosed) throw new Error("the socket closed first");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#messages.shift()!;
  }

  async nextEvent(): Promise<StreamEvent> {
    return JSON.parse((await this.nextMessage()).text);
  }

  create(body: object): void {
    this.websocket.send(JSON.stringify({ type: "response.create", model: "gpt-5.5", ...body }));
  }

  /** Events of one request up to its end, rate limits left out. */
  async response(body: object): Promise<StreamEvent[]> {
    this.create(body);
    return this.untilEnd();
  }

  async untilEnd(): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    for (;;) {
      const event = await this.nextEvent();
      if (event.type !== "codex.rate_limits") events.push(event);
      if (/^(?:error|response\.(?:completed|incomplete|failed))$/.test(event.type)) return events;
    }
  }
}

export interface Refusal {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Opens a WebSocket that is expected to be refused. */
export function refusal(url: string, options: WebSocket.ClientOptions = {}): Promise<Refusal> {
  return new Promise((resolve, reject) => {
    const websocket = new WebSocket(`${url.replace(/^http/, "ws")}/responses`, options);
    websocket.on("error", reject);
    websocket.on("open", () => reject(new Error("the handshake was accepted")));
    websocket.on("unexpected-response", async (_request, answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() });
    });
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
