import type { CodexApiError } from "../../client/errors.ts";
import type { Logger } from "../../client/log.ts";
import { notify, type SkippedEvent, type StreamPoll, type Telemetry } from "../../client/telemetry.ts";
import { mapWebsocketErrorFrame } from "../error-mapping.ts";
import { type DecodedEvent, decodeWireEvent, serverModelOf } from "../wire/event-decoder.ts";
import { type JsonObject, parseObject } from "../wire/json.ts";
import type { ResponseEvent } from "./events.ts";
import type { LaterEvent, LaterEvents } from "./later-events.ts";
import type { TurnState } from "./turn-state.ts";

export interface ResponseReaderOptions {
  readonly carrier: StreamPoll["carrier"];
  readonly emit: (event: ResponseEvent) => void;
  /** Called once, after `completed` was emitted. */
  readonly complete: () => void;
  /** Called once, when the service ends the response with an error. */
  readonly fail: (error: CodexApiError) => void;
  /** Emit events that no type covers as `wire`. */
  readonly wireEvents: boolean;
  /** Also read what the reference reads since March 2026. Default: none of it. */
  readonly later?: LaterEvents | undefined;
  readonly turnState?: TurnState | undefined;
  readonly telemetry?: Telemetry | undefined;
  readonly logger: Logger;
}

// Shared: no event shall cost an object for what it does not say.
const NOTHING_LATER: readonly LaterEvent[] = [];

/** What a stream that ends without its last line end may still say. */
const TERMINAL = new Set(["response.completed", "response.failed", "response.incomplete", "error"]);

/**
 * Reads the events of one response, whichever carrier brings them: decodes, keeps the terminal rule (`completed` and failures end the
 * response, at once), and reports what it leaves out. Holds no socket and no timer.
 */
export class ResponseReader {
  readonly #options: ResponseReaderOptions;
  #serverModel: string | undefined;
  #polledAt = performance.now();
  #over = false;

  constructor(options: ResponseReaderOptions) {
    this.#options = options;
  }

  /** One event's JSON text. What cannot be read is reported and left out; the stream goes on, as in the reference. */
  read(text: string): void {
    const event = parseObject(text);
    if (event) this.#accept(event, text);
    else this.#skip({ reason: "not JSON" });
  }

  /** An event cut off by the end of the body: counts only when it ends the response. */
  readUnfinished(text: string): void {
    const event = parseObject(text);
    if (event && TERMINAL.has(String(event.type))) this.#accept(event, text);
  }

  /** The carrier broke while the next event was waited for. */
  interrupted(error: unknown): void {
    this.#poll(undefined, error);
  }

  #accept(event: JsonObject, text: string): void {
    if (this.#over) return;
    this.#poll(event.type);
    this.#noteServerModel(event);
    const later = this.#options.later?.decode(event) ?? NOTHING_LATER;
    for (const each of later) this.#options.emit(each);
    const decoded = this.#decode(event, text);
    switch (decoded.type) {
      case "failed":
        this.#over = true;
        this.#options.fail(decoded.error);
        return;
      case "metadata":
        this.#options.turnState?.set(decoded.turnState);
        if (decoded.modelsEtag !== undefined) this.#options.emit({ type: "models_etag", etag: decoded.modelsEtag });
        return;
      case "skipped":
        if (later.length > 0) return;
        if (this.#options.wireEvents) this.#options.emit({ type: "wire", event });
        this.#skip({ type: typeof event.type === "string" ? event.type : undefined, reason: decoded.reason });
        return;
      case "completed":
        this.#over = true;
        this.#options.emit(this.#options.later?.complete(decoded, event.response) ?? decoded);
        this.#options.complete();
        return;
      default:
        this.#options.emit(decoded);
    }
  }

  #noteServerModel(event: JsonObject): void {
    const model = serverModelOf(event);
    if (model === undefined || model === this.#serverModel) return;
    this.#serverModel = model;
    this.#options.emit({ type: "server_model", model });
  }

  #decode(event: JsonObject, text: string): DecodedEvent {
    if (event.type !== "error" || this.#options.carrier === "sse") return decodeWireEvent(event);
    const error = mapWebsocketErrorFrame(event, text);
    // On a WebSocket such a frame says a status, as the reference has it; one that says none is no refusal.
    return error ? { type: "failed", error } : { type: "skipped", reason: "missing field" };
  }

  #poll(type: unknown, error?: unknown): void {
    const { carrier, telemetry } = this.#options;
    if (!telemetry?.onStreamPoll) return;
    const now = performance.now();
    const durationMs = now - this.#polledAt;
    notify(telemetry, "onStreamPoll", {
      carrier,
      durationMs,
      type: typeof type === "string" ? type : undefined,
      error,
    });
    this.#polledAt = now;
  }

  #skip(skipped: SkippedEvent): void {
    notify(this.#options.telemetry, "onSkippedEvent", skipped);
    // An event of a new type is the normal case; one of a known type that cannot be read is worth a look.
    if (skipped.reason !== "unknown type") this.#options.logger.debug({ ...skipped }, "event left out");
  }
}
