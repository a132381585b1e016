import type { IncomingMessage, ServerResponse } from "node:http";
import { decodeBody, readBody, readUpload } from "../body.ts";
import { deliver, fired } from "../delivery.ts";
import { jsonBody, UnaryEndpoints } from "../endpoints/unary.ts";
import { type Fields, fieldsIn, isFields } from "../fields.ts";
import type { RecordedRequest } from "../recording.ts";
import { parseResponsesRequest } from "../responses/request.ts";
import type { Turn } from "../responses/response-object.ts";
import { type Route, routeOf } from "../routes.ts";
import type { Step, StepAnswer } from "../script.ts";
import { nowSeconds, type Service } from "../service.ts";
import { ServiceError } from "../service-error.ts";
import { encodeAnswer, mergeHeaders, sendAnswer, writeHeaders } from "./answer.ts";
import { EventStream } from "./event-stream.ts";
import { headersOf } from "./headers.ts";

/** Answers HTTP requests: records, asks the script, then the endpoint. */
export class HttpHandler {
  readonly #service: Service;
  readonly #unary: UnaryEndpoints;

  constructor(service: Service) {
    this.#service = service;
    this.#unary = new UnaryEndpoints(service.identifiers);
  }

  /** Never rejects. */
  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new Exchange(this.#service, this.#unary, message, response);
    try {
      await exchange.answer();
    } catch (error) {
      exchange.fail(error);
    }
  }
}

class Exchange {
  readonly #service: Service;
  readonly #unary: UnaryEndpoints;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #gone: AbortSignal;
  readonly #startedAt = performance.now();
  #step: Step = {};

  constructor(service: Service, unary: UnaryEndpoints, message: IncomingMessage, response: ServerResponse) {
    this.#service = service;
    this.#unary = unary;
    this.#message = message;
    this.#response = response;
    const gone = new AbortController();
    this.#gone = gone.signal;
    response.once("close", () => {
      gone.abort();
      service.recording.responseClosed();
    });
  }

  async answer(): Promise<void> {
    const { request, fault } = await this.#receive();
    this.#step = await this.#service.script.next(request);
    if (this.#step.resetBeforeHeaders) return this.#service.connections.reset(this.#message.socket);
    if (this.#step.stallBeforeHeaders) return fired(this.#gone);
    if (this.#step.status !== undefined) return this.#send(this.#step);
    const url = new URL(request.path, `${this.#service.options.tls ? "https" : "http"}://${request.headers.host}`);
    const route = routeOf(url.pathname);
    if (route?.endpoint !== "upload") this.#service.authorize(request.headers);
    checkMethod(request.method, url.pathname, route);
    const streams = route.endpoint === "responses";
    if (streams && isScripted(this.#step)) return this.#stream(request.json, this.#turnOrNothing(request.json));
    if (fault) throw fault;
    if (streams) await this.#respond(jsonBody(request));
    else this.#send(this.#unary.answer({ route, url, request }, nowSeconds()));
  }

  /** The last resort: a refusal as JSON, anything else as a broken connection. */
  fail(error: unknown): void {
    if (this.#response.headersSent || this.#response.destroyed) this.#response.destroy();
    else if (error instanceof ServiceError) {
      this.#send({ status: error.status, headers: error.headers, body: { error: error.error } });
    } else {
      const message = error instanceof Error ? error.message : String(error);
      this.#send({ status: 500, body: { error: { message, type: "server_error", param: null, code: null } } });
    }
  }

  async #receive(): Promise<{ readonly request: RecordedRequest; readonly fault: ServiceError | undefined }> {
    const message = this.#message;
    const pathname = (message.url ?? "/").split("?", 1)[0] ?? "/";
    if (routeOf(pathname)?.endpoint === "upload") {
      const { size, body } = await readUpload(message);
      return { request: this.#record(size, body), fault: undefined };
    }
    const wire = await readBody(message);
    let body: Uint8Array = new Uint8Array();
    let fault: ServiceError | undefined;
    try {
      body = await decodeBody(wire, message.headers["content-encoding"]);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      fault = error;
    }
    return { request: this.#record(wire.length, body), fault };
  }

  #record(wireBytes: number, body: Uint8Array): RecordedRequest {
    const message = this.#message;
    const request: RecordedRequest = {
      kind: "http",
      method: message.method ?? "",
      path: message.url ?? "/",
      ...headersOf(message),
      body,
      wireBytes,
      json: parseJson(body),
      connection: this.#service.connections.numberOf(message.socket),
    };
    this.#service.record(request);
    return request;
  }

  async #respond(body: Fields): Promise<void> {
    const request = parseResponsesRequest(body);
    const turn = this.#service.openTurn(request);
    if (request.stream) return this.#stream(body, turn);
    let last: unknown;
    for await (const event of this.#service.remembered(this.#service.eventsOf(turn, this.#gone), turn)) last = event;
    const response = isFields(last) ? fieldsIn(last, "response") : undefined;
    if (!this.#gone.aborted) this.#send({ headers: this.#service.modelHeaders(body), body: response });
  }

  async #stream(body: unknown, turn: Turn | undefined): Promise<void> {
    const own = {
      ...this.#ownHeaders(),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      ...this.#service.modelHeaders(isFields(body) ? body : {}),
    };
    writeHeaders(this.#response, 200, mergeHeaders(own, this.#step.headers));
    this.#response.flushHeaders();
    const outlet = new EventStream(this.#response, this.#gone, this.#service.connections, this.#step.chunkBytes);
    const events = this.#step.events ?? (turn ? this.#service.eventsOf(turn, this.#gone) : []);
    await deliver(outlet, { ...this.#step, events: this.#service.remembered(events, turn) });
  }

  /** A scripted stream answers any request; a sound one can still be gone on from. */
  #turnOrNothing(body: unknown): Turn | undefined {
    try {
      return this.#service.openTurn(parseResponsesRequest(body));
    } catch {
      return undefined;
    }
  }

  #send(answer: StepAnswer): void {
    sendAnswer(
      this.#response,
      encodeAnswer({ ...answer, headers: { ...answer.headers, ...this.#step.headers } }, this.#ownHeaders()),
    );
  }

  #ownHeaders(): Record<string, string> {
    const elapsedMs = Math.round(performance.now() - this.#startedAt);
    return { ...this.#service.baseHeaders(), "openai-processing-ms": String(elapsedMs) };
  }
}

function isScripted({ events, raw }: Step): boolean {
  return events !== undefined || raw !== undefined;
}

function checkMethod(method: string, pathname: string, route: Route | undefined): asserts route is Route {
  if (!route) throw new ServiceError(404, { message: `Invalid URL (${method} ${pathname})` });
  if (method !== route.method) {
    throw new ServiceError(405, {
      message: `Invalid method for URL (${method} ${pathname})`,
      headers: { allow: route.method },
    });
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"));
  } catch {
    return undefined;
  }
}
