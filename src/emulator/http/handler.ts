import type { IncomingMessage, ServerResponse } from "node:http";
import { headersForPage, holdTogether } from "../../server/index.ts";
import { checkCaller } from "../callers.ts";
import { flushed, type SentHeaders } from "../connections.ts";
import { deliver, fired } from "../delivery/delivery.ts";
import { Departure } from "../delivery/departure.ts";
import {
  isScripted,
  jsonAnswer,
  type Step,
  type StepAnswer,
  type StepItems,
  scriptFailure,
  travelsAsUsual,
} from "../delivery/script.ts";
import { jsonBody, UnaryEndpoints } from "../endpoints/unary.ts";
import { type Fields, isFields } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import type { EncodedEvent } from "../responses/events/encoded-event.ts";
import type { BackgroundRun } from "../responses/kept/background.ts";
import { batchesOf, oneByOne } from "../responses/playing.ts";
import type { Turn } from "../responses/response-object.ts";
import { type OtherMethods, pathnameOf, type Route, routeOf } from "../routes.ts";
import { nowSeconds, type Replaying, type Service } from "../service.ts";
import { ServiceError } from "../service-error.ts";
import type { Exchange } from "../workbench/exchanges/exchange.ts";
import { relayHttp } from "../workbench/relay/http.ts";
import type { Upstream } from "../workbench/relay/upstream.ts";
import { requestOf } from "../workbench/requests.ts";
import { encodeAnswer, mergeHeaders, sendAnswer, writeHead } from "./answer.ts";
import { decodeBody, readBody, readUpload } from "./body.ts";
import { EventStream } from "./event-stream.ts";
import { replayHttp } from "./replaying.ts";

/** Answers HTTP requests: records them, asks the script, then the endpoint. */
export class HttpHandler {
  readonly #service: Service;
  readonly #unary: UnaryEndpoints;

  constructor(service: Service) {
    this.#service = service;
    this.#unary = new UnaryEndpoints({
      identifiers: service.identifiers,
      archive: service.archive,
      conversations: service.conversations,
      agreedSessions: service.agreedSessions,
      options: service.options,
      parse: (body, parsing) => service.parse(body, parsing),
    });
  }

  /** Never rejects. */
  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new HttpExchange(this.#service, this.#unary, message, response);
    try {
      await exchange.answer();
    } catch (error) {
      exchange.fail(error);
    }
  }
}

/** Signed addresses, which need no other authorization. */
const SIGNED: ReadonlySet<string> = new Set(["upload", "download"]);

class HttpExchange {
  readonly #service: Service;
  readonly #unary: UnaryEndpoints;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  /** Knows whether the client has left, or has everything. */
  readonly #gone = new Departure();
  readonly #startedAt = performance.now();
  readonly #pathname: string;
  readonly #headers: SentHeaders;
  readonly #route: Route | OtherMethods | undefined;
  #step: Step = {};
  #passing: Exchange | undefined;
  #asked: RecordedRequest | undefined;

  constructor(service: Service, unary: UnaryEndpoints, message: IncomingMessage, response: ServerResponse) {
    this.#service = service;
    this.#unary = unary;
    this.#message = message;
    this.#response = response;
    this.#headers = service.connections.headersOf(message);
    this.#pathname = pathnameOf(message.url ?? "/");
    this.#route = routeOf(message.method ?? "GET", this.#pathname);
    response.on("close", () => {
      this.#gone.happened();
      this.#passing?.end(response.writableFinished ? "finished" : "left");
      service.journal.responseClosed();
    });
  }

  async answer(): Promise<void> {
    const { request, fault, wire } = await this.#receive();
    checkCaller(request, this.#service.options);
    for (const [name, value] of Object.entries(headersForPage(request.headers))) this.#response.setHeader(name, value);
    const { upstream, replay, journal } = this.#service;
    if (upstream || replay) journal.decided(request, { answeredBy: upstream ? "upstream" : "recording" });
    if (upstream) return this.#relay(upstream, wire);
    if (replay) return this.#replay(replay);
    this.#step = await this.#service.script.next(request, () => this.#service.archive.before(request.json));
    if (this.#step.resetBeforeHeaders) {
      this.#passing?.end("reset");
      return this.#service.connections.reset(this.#message.socket);
    }
    if (this.#step.stallBeforeHeaders) return fired(this.#gone.signal);
    if (this.#step.status !== undefined) return this.#send(this.#step);
    const route = this.#route;
    if (!route || !("endpoint" in route) || !SIGNED.has(route.endpoint)) this.#service.authorize(request.headers);
    checkRoute(request.method, this.#pathname, route);
    const { endpoint, ids } = route;
    const streams = endpoint === "responses";
    if (streams && isScripted(this.#step)) return this.#streamScripted(request.json, this.#turnOrNothing(request.json));
    if (fault) throw fault;
    if (streams) return this.#respond(jsonBody(request));
    const url = new URL(request.path, `${this.#service.options.tls ? "https" : "http"}://${request.headers.host}`);
    if (route.endpoint === "stored_response" && url.searchParams.get("stream") === "true")
      return this.#resume(route, url);
    const { events, ...answer } = await this.#unary.answer({ endpoint, ids, url, request }, nowSeconds());
    if (events) await this.#deliver(this.#step.events ?? events, {});
    else this.#send(answer);
  }

  /** Last resort: sends a refusal as JSON, or breaks off a stream, with the reason in a comment. */
  fail(error: unknown): void {
    if (this.#response.destroyed) return;
    if (this.#response.headersSent) {
      const comment = `: ${scriptFailure(error).replaceAll(/\s+/g, " ")}\n\n`;
      this.#passing?.pass({ kind: "body", data: comment });
      this.#response.write(comment);
      this.#breakOff("cut", () => this.#service.connections.terminate(this.#message.socket));
    } else if (error instanceof ServiceError) {
      this.#send({ status: error.status, headers: error.headers, body: { error: error.error } });
    } else {
      const message = error instanceof Error ? error.message : String(error);
      this.#step = {}; // it may be what failed
      const refusal = new ServiceError(500, { message, type: "server_error" });
      this.#send({ status: 500, body: { error: refusal.error } });
    }
  }

  async #relay(upstream: Upstream, wire: Uint8Array): Promise<void> {
    const { socket } = this.#message;
    const { connections } = this.#service;
    if (!this.#passing) return;
    const breaking = {
      cut: () => this.#breakOff("cut", () => connections.terminate(socket)),
      reset: () => this.#breakOff("reset", () => connections.reset(socket)),
    };
    await relayHttp(upstream, { wire, response: this.#response, exchange: this.#passing, breaking });
  }

  /** Acts once everything before has been sent. */
  #breakOff(how: "cut" | "reset", act: () => void): void {
    void flushed(this.#message.socket).then(() => {
      this.#passing?.end(how);
      act();
    });
  }

  /** @throws {@link ServiceError} 404 if nothing is recorded for it. */
  async #replay({ recordings, timing }: Replaying): Promise<void> {
    if (!this.#passing) return;
    const transcript = recordings.take(this.#passing.head);
    const outlet = new EventStream(this.#response, this.#gone, this.#service.connections, {
      chunkBytes: undefined,
      passing: this.#passing,
    });
    await replayHttp(transcript, timing, this.#response, outlet, this.#passing);
  }

  async #receive(): Promise<{
    readonly request: RecordedRequest;
    readonly fault: ServiceError | undefined;
    readonly wire: Uint8Array;
  }> {
    const message = this.#message;
    if (!this.#service.upstream && this.#route && "endpoint" in this.#route && this.#route.endpoint === "upload") {
      const { size, body } = await readUpload(message);
      return { request: this.#record(size, body), fault: undefined, wire: body };
    }
    const wire = await readBody(message);
    const { "content-encoding": encoding } = this.#headers.byName;
    if (encoding === undefined) return { request: this.#record(wire.length, wire), fault: undefined, wire };
    try {
      return { request: this.#record(wire.length, await decodeBody(wire, encoding)), fault: undefined, wire };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { request: this.#record(wire.length, new Uint8Array()), fault: error, wire };
    }
  }

  #record(wireBytes: number, body: Uint8Array): RecordedRequest {
    const { method = "", url: path = "/", socket } = this.#message;
    const connection = this.#service.connections.numberOf(socket);
    this.#passing = this.#service.traffic.begin({
      carrier: "http",
      method,
      path,
      headers: this.#headers.raw,
      body,
      connection,
    });
    this.#asked = requestOf(this.#passing, { headers: this.#headers.byName, wireBytes });
    this.#service.record(this.#asked);
    return this.#asked;
  }

  async #respond(body: Fields): Promise<void> {
    const turn = this.#service.openTurn(this.#service.parse(body));
    const { stream, isBackground } = turn.request;
    if (isBackground) {
      const run = this.#service.startBackground(turn, this.#step);
      if (stream) return this.#follow(run, -1, body);
      return this.#send(jsonAnswer(run.json, this.#service.modelHeaders(body, this.#asked)));
    }
    const generation = this.#service.generate(turn, this.#step);
    const pace = this.#service.paceOf(this.#step);
    if (!stream) {
      if (pace === "none") generation.finish();
      else for await (const _ of batchesOf(generation, pace, this.#gone)) if (this.#gone.hasHappened) return;
      const { json = "" } = generation.outcome ?? {};
      return this.#send(jsonAnswer(json, this.#service.modelHeaders(body, this.#asked)));
    }
    await this.#sendAll(batchesOf(generation, pace, this.#gone), body);
  }

  /** Resumes the stream of a background response. */
  async #resume({ ids: [id = ""] }: Route, url: URL): Promise<void> {
    const { run, json } = this.#service.archive.find(id);
    if (!run) {
      throw new ServiceError(400, {
        message: "This response cannot be streamed because it was not created with 'background' set to true.",
        param: "stream",
        code: "invalid_value",
      });
    }
    run.checkStreamable();
    const after = Number(url.searchParams.get("starting_after") ?? -1);
    await this.#follow(run, Number.isInteger(after) ? after : -1, JSON.parse(json));
  }

  #follow(run: BackgroundRun, after: number, body: Fields): Promise<void> {
    return this.#sendAll(run.follow(after, this.#gone), body);
  }

  #sendAll(batches: AsyncIterable<readonly EncodedEvent[]>, body: Fields): Promise<void> {
    return travelsAsUsual(this.#step) ? this.#sendBatches(batches, body) : this.#deliver(oneByOne(batches), body);
  }

  async #streamScripted(body: unknown, turn: Turn | undefined): Promise<void> {
    await this.#deliver(this.#service.remembered(this.#step.events ?? [], turn), isFields(body) ? body : {});
  }

  /** The fast path without faults: events that are ready together are sent together. */
  async #sendBatches(batches: AsyncIterable<readonly EncodedEvent[]>, body: Fields): Promise<void> {
    holdTogether(this.#message.socket);
    const outlet = this.#outlet(body);
    for await (const batch of batches) {
      await outlet.sendBatch(batch);
      if (this.#gone.hasHappened) return;
    }
    outlet.finish();
  }

  async #deliver(events: StepItems<unknown>, body: Fields): Promise<void> {
    await deliver(this.#outlet(body), { ...this.#step, events });
  }

  #outlet(body: Fields): EventStream {
    const own = {
      ...this.#ownHeaders(),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      ...this.#service.modelHeaders(body, this.#asked),
    };
    const headers = mergeHeaders(own, this.#step.headers);
    writeHead(this.#response, 200, headers);
    this.#response.flushHeaders();
    this.#passing?.answered(200, headers);
    return new EventStream(this.#response, this.#gone, this.#service.connections, {
      chunkBytes: this.#step.chunkBytes,
      passing: this.#passing,
    });
  }

  /** A scripted stream answers any request; a valid request can still be continued from. */
  #turnOrNothing(body: unknown): Turn | undefined {
    try {
      return this.#service.openTurn(this.#service.parse(body));
    } catch {
      return undefined;
    }
  }

  #send(answer: StepAnswer): void {
    const { headers } = this.#step;
    const whole = headers ? { ...answer, headers: { ...answer.headers, ...headers } } : answer;
    const encoded = encodeAnswer(whole, this.#ownHeaders());
    this.#passing?.answered(encoded.status, encoded.headers);
    if (encoded.body.length > 0) this.#passing?.pass({ kind: "body", data: encoded.body });
    sendAnswer(this.#response, encoded);
  }

  #ownHeaders(): Record<string, string> {
    const headers = this.#service.baseHeaders();
    headers["openai-processing-ms"] = String(Math.round(performance.now() - this.#startedAt));
    return headers;
  }
}

function checkRoute(method: string, pathname: string, route: Route | OtherMethods | undefined): asserts route is Route {
  if (!route) throw new ServiceError(404, { message: `Invalid URL (${method} ${pathname})` });
  if ("endpoint" in route) return;
  throw new ServiceError(405, {
    message: `Invalid method for URL (${method} ${pathname})`,
    headers: { allow: route.allow.join(", ") },
  });
}
