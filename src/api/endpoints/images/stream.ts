import { AbortedError, StreamError, TimeoutError } from "../../../client/failure/kinds.ts";
import type { HeaderMap } from "../../../client/headers.ts";
import { notify } from "../../../client/observe/telemetry.ts";
import { decodeRawData, type RawData } from "../../../client/raw-text.ts";
import type { HttpStreamResponse } from "../../../client/transport.ts";
import { Backlog, type PausableSource } from "../../../client/waiting/backlog.ts";
import { IdleTimer } from "../../../client/waiting/idle-timer.ts";
import { PushQueue } from "../../../client/waiting/push-queue.ts";
import { requestIdOf } from "../../headers.ts";
import type { ProviderLimits } from "../../provider.ts";
import { mapErrorEvent } from "../../refusal/event.ts";
import { withRequestId } from "../../refusal/request-id.ts";
import { asFailure, type Carrier } from "../../responses/ending.ts";
import { type EventReceiver, readEventsInto } from "../../responses/event-stream.ts";
import { parseEvent, parseWireEvent } from "../../responses/events/parse.ts";
import { isErrorEvent, isWholeAnswer } from "../../responses/events/registry.ts";
import type { Answer } from "../../service/answer.ts";
import type { CallObserver } from "../../service/observer.ts";
import { type JsonObject, textOf } from "../../wire/json.ts";
import { type CompletedImage, type ImageStreamEvent, imageEventsOf } from "./events.ts";

export interface ImageStreamOptions {
  /** How many images were requested: the stream is complete when that many are finished. */
  readonly count: number;
  readonly limits: ProviderLimits;
  readonly signal: AbortSignal | undefined;
  readonly observer: CallObserver;
}

/** How much may be read from the network but not by the caller, in bytes, before the connection is paused. */
const BACKLOG = 1024 * 1024;

/**
 * Images as they arrive: previews, then the finished ones. It can be read once, by a loop or by `collect()`. It ends normally only after as
 * many images as were requested; leaving the loop early closes the connection. An error is thrown after the events that arrived before it,
 * an abort at once.
 */
export class ImageStream implements AsyncIterable<ImageStreamEvent> {
  /** Headers of the answer. */
  readonly headers: HeaderMap;
  readonly requestId: string | undefined;
  readonly #events: PushQueue<ImageStreamEvent>;

  /** @internal */
  constructor(response: Answer<HttpStreamResponse>, options: ImageStreamOptions) {
    this.headers = response.headers;
    this.requestId = requestIdOf(response.headers);
    const { telemetry, logger } = options.observer;
    const { livenessTimeoutMs } = options.limits;
    options.observer.answered({ requestId: this.requestId });
    const events = new PushQueue<ImageStreamEvent>();
    const ofBody = { livenessTimeoutMs, telemetry, logger, lastEvent: "the image was complete", isWhole };
    readEventsInto(response, ofBody, (body) => new ImageFlow(body, response, events, options));
    this.#events = events;
  }

  /** @throws The kinds of `docs/errors.md`: a refusal that came as an event, `stream`, `timeout` of phase `idle`, `network`, `aborted`. */
  [Symbol.asyncIterator](): AsyncIterator<ImageStreamEvent, undefined> {
    return this.#events;
  }

  /** Reads to the end and returns the finished images, in order. Throws as the loop does. */
  async collect(): Promise<readonly CompletedImage[]> {
    const images: CompletedImage[] = [];
    for await (const event of this) if (event.type === "completed") images.push(event);
    return images;
  }
}

/** A gateway that does not stream sends the images, or the error, as one JSON object. */
function isWhole(body: JsonObject): boolean {
  return isWholeAnswer(body) || imageEventsOf(body).some(({ type }) => type === "completed");
}

/** Between the response body and the reader. */
class ImageFlow implements EventReceiver, PausableSource {
  isOver = false;
  readonly #body: Carrier;
  readonly #answer: Answer<HttpStreamResponse>;
  readonly #events: PushQueue<ImageStreamEvent>;
  readonly #options: ImageStreamOptions;
  readonly #progress: IdleTimer;
  readonly #backlog = new Backlog(BACKLOG, this);
  #missing: number;

  constructor(
    body: Carrier,
    answer: Answer<HttpStreamResponse>,
    events: PushQueue<ImageStreamEvent>,
    options: ImageStreamOptions,
  ) {
    this.#body = body;
    this.#answer = answer;
    this.#events = events;
    this.#options = options;
    this.#missing = options.count;
    const timeoutMs = options.limits.streamIdleTimeoutMs;
    this.#progress = new IdleTimer(timeoutMs, () =>
      this.fail(new TimeoutError("idle timeout waiting for the next image", { phase: "idle", timeoutMs })),
    );
    events.signal = options.signal;
    events.backlog = this.#backlog;
    events.onLeave = () => {
      if (!this.#stop()) return;
      body.cancel();
      options.observer.ended("left");
    };
  }

  open(): void {
    const { signal } = this.#options;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  expectEvents(): void {
    this.#progress.start();
  }

  read(raw: RawData): void {
    if (!this.isOver) this.#take(decodeRawData(raw));
  }

  /** An event cut off by the end of the body counts if it is complete. */
  readUnfinished(text: string): void {
    if (!this.isOver && parseEvent(text) !== "damaged") this.#take(text);
  }

  took(size: number): void {
    if (!this.isOver && this.#events.length > 0) this.#backlog.add(size);
  }

  fail(cause: unknown): void {
    if (!this.#stop()) return;
    const error = withRequestId(asFailure(cause), requestIdOf(this.#answer.headers));
    this.#body.cancel();
    this.#options.observer.failed(error);
    this.#events.fail(error); // queued events come first; for an abort the queue is cleared, because it knows the signal
  }

  pause(): void {
    this.#progress.stop();
    this.#body.pause();
  }

  resume(): void {
    if (this.isOver) return;
    this.#progress.start();
    this.#body.resume();
  }

  readonly #onAbort = (): void => this.fail(new AbortedError(this.#options.signal?.reason));

  #take(text: string): void {
    const event = parseEvent(text);
    if (event === "damaged")
      this.fail(new StreamError("an event of the image stream is damaged: it is not valid JSON"));
    else if (event === "none")
      return; // `[DONE]` and similar lines
    else if (isErrorEvent(event)) this.#refused(event, text);
    else this.#tell(event);
  }

  #refused(event: JsonObject, text: string): void {
    const blanked = this.#answer.blank(text);
    this.fail(mapErrorEvent(parseWireEvent(blanked) ?? event, blanked));
  }

  #tell(event: JsonObject): void {
    const { observer } = this.#options;
    this.#progress.touch();
    observer.firstEvent(performance.now());
    for (const told of imageEventsOf(event)) {
      if (this.isOver) return; // a whole answer may have more images than were asked for
      if (told.type === "wire")
        notify(observer.telemetry, "onSkippedEvent", { type: textOf(event.type), reason: "unknown type" });
      this.#events.push(told);
      if (told.type === "completed") this.#completed();
    }
  }

  #completed(): void {
    this.#missing -= 1;
    if (this.#missing > 0 || !this.#stop()) return;
    this.#events.end();
    this.#body.complete();
    this.#options.observer.ended("completed");
  }

  /** @returns False if it was already over. */
  #stop(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.#progress.stop();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    return true;
  }
}
