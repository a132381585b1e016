import { AbortedError, StreamError } from "../../../client/failure/kinds.ts";
import { thrownMessage } from "../../../client/failure/thrown-text.ts";
import type { Logger } from "../../../client/observe/log.ts";
import { notify, type SkippedEvent, type Telemetry } from "../../../client/observe/telemetry.ts";
import { Backlog } from "../../../client/waiting/backlog.ts";
import { PushQueue } from "../../../client/waiting/push-queue.ts";
import type { WebSocketConnection, WebSocketEnd, WebSocketSink } from "../../../client/websocket/index.ts";
import { CodexApiError } from "../../refusal/kinds.ts";
import { type JsonObject, withRaw } from "../../wire/json.ts";
import type { RealtimeEvent } from "../events.ts";
import { parseFrame } from "../protocol/decoders.ts";
import { OwnItems } from "../protocol/own-items.ts";
import type { EventStage, RealtimeProtocol } from "../protocol/protocol.ts";
import type { RealtimeSessionConfig } from "../settings.ts";
import { closureOf, failureOf, type RealtimeClosure, referenceFailure } from "./closure.ts";
import { Outbox, type OutgoingMessage } from "./outbox.ts";

/** What a connection gets from its client. */
export interface RealtimeContext {
  readonly protocol: RealtimeProtocol;
  readonly settings: RealtimeSessionConfig;
  readonly dropOldestAudio: boolean;
  readonly wireEvents: boolean;
  readonly telemetry?: Telemetry | undefined;
  readonly logger: Logger;
}

/** How much may be read from the network but not by the caller, in characters, before the connection is paused. */
const BACKLOG = 1024 * 1024;
/** Overhead counted per event, so that empty events count too. */
const EVENT_SIZE = 128;

/** The connection under both halves: sends messages in order, receives events, and knows whether it is over. */
export class RealtimeLink {
  readonly context: RealtimeContext;
  readonly ownItems = new OwnItems();
  readonly #connection: WebSocketConnection;
  readonly #queue = new PushQueue<RealtimeEvent>();
  readonly #outbox: Outbox;
  readonly #stages: readonly EventStage[];
  readonly #backlog: Backlog;
  #isClosed = false;
  #closure: RealtimeClosure | undefined;
  #lastErrorCode: string | undefined;
  #dropped = 0;

  constructor(connection: WebSocketConnection, context: RealtimeContext) {
    this.context = context;
    this.#connection = connection;
    this.#stages = [this.ownItems, ...context.protocol.createStages()];
    this.#outbox = new Outbox({
      send: (message) => connection.send(message).catch(sendFailed),
      dropOldestAudio: context.dropOldestAudio,
      onDrop: () => {
        this.#dropped += 1;
      },
    });
    this.#backlog = new Backlog(BACKLOG, connection);
    this.#queue.backlog = this.#backlog;
    connection.attach(this.#sink);
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#connection.isClosed;
  }

  get closure(): RealtimeClosure | undefined {
    return this.#closure;
  }

  get droppedAudioFrames(): number {
    return this.#dropped;
  }

  send(message: OutgoingMessage): Promise<void> {
    return this.#isClosed ? Promise.reject(closedError()) : this.#outbox.send(message);
  }

  /** The end is reported here and not when it arrives, because earlier events must be read first. */
  async next(signal: AbortSignal | undefined): Promise<RealtimeEvent | undefined> {
    if (this.#isClosed) return undefined;
    try {
      const { done, value } = await this.#queue.next(signal);
      if (!done) return this.#staged(value);
      this.#isClosed = true;
      return undefined;
    } catch (error) {
      if (!(error instanceof AbortedError)) this.#isClosed = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outbox.close(closedError());
    await this.#connection.close();
  }

  terminate(): void {
    this.#isClosed = true;
    this.#connection.terminate();
  }

  readonly #sink: WebSocketSink = {
    text: (message) => this.#read(message),
    binary: () => {
      this.#push({ type: "error", message: "unexpected binary realtime websocket event" }, undefined);
      this.#took(EVENT_SIZE);
    },
    ended: (end) => {
      const closure = closureOf(end, this.#lastErrorCode);
      this.#closure = closure;
      // Without the reason, which is the service's text.
      this.context.logger.debug({ by: end.by, cause: closure.cause, code: closure.code }, "realtime websocket closed");
      this.#end(end, closure);
    },
  };

  #read(message: string): void {
    const { protocol, telemetry, wireEvents } = this.context;
    const parsed = parseFrame(protocol.decoders, message);
    if ("event" in parsed) this.#push(this.#blanked(parsed.event), parsed.wire);
    else {
      const isTold = parsed.wire !== undefined && (wireEvents || protocol.isWhole);
      if (isTold) this.#push({ type: "wire", event: parsed.wire }, parsed.wire);
      if (!isTold || (protocol.isWhole && parsed.skipped.reason === "missing field")) {
        notify(telemetry, "onSkippedEvent", this.#shown(parsed.skipped));
      }
    }
    this.#took(message.length + EVENT_SIZE);
  }

  #push(event: RealtimeEvent, raw: JsonObject | undefined): void {
    if (event.type === "error") this.#lastErrorCode = event.code;
    this.#queue.push(withRaw(event, raw));
  }

  #staged(event: RealtimeEvent): RealtimeEvent {
    const seen = this.#stages.reduce((each, stage) => stage.observe(each), event);
    return seen === event ? event : withRaw(seen, event.raw);
  }

  #took(size: number): void {
    if (this.#queue.length > 0) this.#backlog.add(size);
  }

  /** An unknown type is also text from the service. */
  #shown({ type, reason }: SkippedEvent): SkippedEvent {
    return { type: type && this.#connection.blank(type), reason };
  }

  /** Some services repeat the request, with the key, in their error. */
  #blanked(event: RealtimeEvent): RealtimeEvent {
    return event.type === "error" ? { ...event, message: this.#connection.blank(event.message) } : event;
  }

  #end(end: WebSocketEnd, closure: RealtimeClosure): void {
    const failure = this.context.protocol.isWhole ? failureOf(end, closure) : referenceFailure(end);
    if (end.by === "us") void this.#queue.return();
    else if (failure) this.#queue.fail(failure);
    else this.#queue.end();
  }
}

function closedError(): StreamError {
  return new StreamError("realtime websocket connection is closed");
}

function sendFailed(error: unknown): never {
  const cause = CodexApiError.is(error) && error.cause instanceof Error ? error.cause : error;
  throw new StreamError(`failed to send realtime request: ${thrownMessage(cause)}`, { cause });
}
