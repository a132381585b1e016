import { StreamError } from "../../client/failure/kinds.ts";
import type { Logger } from "../../client/log.ts";
import { decodeRawData, type RawData } from "../../client/raw-text.ts";
import type { Blank } from "../../client/redact.ts";
import { notify, type SkippedEvent, type StreamPoll, type Telemetry } from "../../client/telemetry.ts";
import { type CodexFailure, IncompleteError } from "../refusal/kinds.ts";
import type { TurnState } from "../service/call-options.ts";
import { type JsonObject, parseObject } from "../wire/json.ts";
import { type DecodedEvent, decodeWireEvent, type ScannedEvent, serverModelOf } from "./decoding/event-decoder.ts";
import { scanEvent } from "./decoding/event-scanner.ts";
import type { ResponseEvent } from "./events.ts";
import type { LaterEvent, LaterEvents } from "./later-events.ts";
import type { ResponseEnd } from "./received.ts";

/** Receives what a response says. An object with methods rather than closures: the optimized code of one response then serves the next. */
export interface ResponseSink {
  event(event: ResponseEvent): void;
  /** Called once, after the event that ends the response well. */
  completed(): void;
  /** Called once, when the service ends the response with an error. */
  failed(error: CodexFailure, end: ResponseEnd): void;
}

export interface ResponseReaderOptions {
  /** Emit events that no type covers as `wire`. Default false. */
  readonly wireEvents?: boolean | undefined;
  /** Also read what the reference reads since March 2026. Default: none of it. */
  readonly later?: LaterEvents | undefined;
  /** What an incomplete response is: `fail`, an error; `end`, the event `incomplete` and a normal end. Default `fail`. */
  readonly incomplete?: "fail" | "end" | undefined;
  readonly turnState?: TurnState | undefined;
  readonly telemetry?: Telemetry | undefined;
  readonly logger: Logger;
  /** Blanks the request's own credentials in a text of the service. Default: the text stays. */
  readonly blank?: Blank | undefined;
}

// Shared: no event shall cost an object for what it does not say.
const NOTHING_LATER: readonly LaterEvent[] = [];

/** What a stream that ends without its last line end may still say. */
const TERMINAL: ReadonlySet<unknown> = new Set([
  "response.completed",
  "response.failed",
  "response.incomplete",
  "error",
]);

/**
 * Reads the events of one response, whichever carrier brings them: decodes, keeps the terminal rule (`completed` and failures end the
 * response, at once), and reports what it leaves out. Holds no socket and no timer.
 */
export class ResponseReader {
  readonly #sink: ResponseSink;
  readonly #carrier: StreamPoll["carrier"];
  readonly #options: ResponseReaderOptions;
  #serverModel: string | undefined;
  #polledAt = performance.now();
  /** Somebody wants what no decoded event holds. */
  readonly #readsEverything: boolean;

  constructor(sink: ResponseSink, carrier: StreamPoll["carrier"], options: ResponseReaderOptions) {
    this.#sink = sink;
    this.#carrier = carrier;
    this.#options = options;
    this.#readsEverything = options.wireEvents === true || options.later !== undefined;
  }

  /** One event's JSON text. What cannot be read is reported and left out; the stream goes on, as in the reference. */
  read(raw: RawData): void {
    const scanned = this.#readsEverything ? undefined : scanEvent(raw);
    if (scanned) this.#take(scanned);
    else this.#parse(decodeRawData(raw));
  }

  #take({ type, decoded }: ScannedEvent): void {
    this.#poll(type);
    if (decoded.type === "skipped") this.#skip(decoded.reason, type);
    else this.#sink.event(decoded);
  }

  #parse(text: string): void {
    const event = parseObject(text);
    if (event) {
      this.#accept(event, text);
      return;
    }
    this.#poll(undefined);
    this.#skip("not JSON");
  }

  /** An event cut off by the end of the body: counts only when it ends the response. */
  readUnfinished(text: string): void {
    const event = parseObject(text);
    if (event && TERMINAL.has(event.type)) this.#accept(event, text);
  }

  /** The carrier broke while the next event was waited for. */
  interrupted(error: unknown): void {
    this.#poll(undefined, error);
  }

  #accept(event: JsonObject, text: string): void {
    this.#poll(event.type);
    const decoded = decodeWireEvent(event, text);
    if (!this.#comesBeforeModel(event, decoded)) this.#noteServerModel(event);
    const later = this.#options.later?.decode(event) ?? NOTHING_LATER;
    for (const each of later) this.#sink.event(each);
    switch (decoded.type) {
      case "failed":
        this.#sink.failed(this.#blanked(text, decoded.error), decoded);
        return;
      case "incomplete":
        if (this.#options.incomplete !== "end") {
          this.#sink.failed(new IncompleteError(decoded.reason), decoded);
          return;
        }
        this.#sink.event(decoded);
        this.#sink.completed();
        return;
      case "metadata":
        this.#options.turnState?.set(decoded.turnState);
        if (decoded.modelsEtag !== undefined) this.#sink.event({ type: "models_etag", etag: decoded.modelsEtag });
        else if (later.length === 0 && this.#options.wireEvents) this.#sink.event({ type: "wire", event });
        return;
      case "skipped":
        if (later.length > 0) return;
        if (this.#options.wireEvents) this.#sink.event({ type: "wire", event });
        this.#skip(decoded.reason, event.type);
        return;
      case "completed":
        this.#sink.event(this.#options.later?.complete(decoded, event.response) ?? decoded);
        this.#sink.completed();
        return;
      default:
        this.#sink.event(decoded);
    }
  }

  /** On a WebSocket the reference looks for error frames and limits first, and goes no further with what is one. */
  #comesBeforeModel(event: JsonObject, decoded: DecodedEvent): boolean {
    if (this.#carrier === "sse") return false;
    return decoded.type === "rate_limits" || (decoded.type === "failed" && event.type === "error");
  }

  #noteServerModel(event: JsonObject): void {
    const model = serverModelOf(event);
    if (model === undefined || model === this.#serverModel) return;
    this.#serverModel = model;
    this.#sink.event({ type: "server_model", model });
  }

  /** The same failure in other words, where the service's own repeat a credential of the request. */
  #blanked(text: string, error: CodexFailure): CodexFailure {
    const blanked = this.#options.blank?.(text) ?? text;
    if (blanked === text) return error;
    const event = parseObject(blanked);
    const decoded = event && decodeWireEvent(event, blanked);
    // A credential with quotes in it, or one of digits alone, takes a piece of the event's form with it.
    const unreadable = `the response failed (${error.kind}); the service's words repeat a credential and are left out`;
    return decoded?.type === "failed" ? decoded.error : new StreamError(unreadable);
  }

  #poll(type: unknown, error?: unknown): void {
    const { telemetry } = this.#options;
    if (!telemetry?.onStreamPoll) return;
    const now = performance.now();
    const durationMs = now - this.#polledAt;
    notify(telemetry, "onStreamPoll", {
      carrier: this.#carrier,
      durationMs,
      type: typeof type === "string" ? type : undefined,
      error,
    });
    this.#polledAt = now;
  }

  #skip(reason: SkippedEvent["reason"], wireType?: unknown): void {
    const { telemetry, logger } = this.#options;
    // An event of a new type is the normal case; one of a known type that cannot be read is worth a look.
    const isOdd = reason !== "unknown type";
    if (!isOdd && !telemetry?.onSkippedEvent) return;
    const skipped: SkippedEvent = { type: typeof wireType === "string" ? wireType : undefined, reason };
    notify(telemetry, "onSkippedEvent", skipped);
    if (isOdd) logger.debug({ ...skipped }, "event left out");
  }
}
