import { type Blank, decodeRawData, type RawData, type RawText } from "../../client/index.ts";
import type { FrameEvent, ResponseEvent, ResponseStream } from "../../index.ts";
import { brokenAnswer } from "../broken-answer.ts";
import { asItIs } from "./own-credentials.ts";

/** Events that come before any output: the stream can still start again after them. */
const BEFORE_OUTPUT: ReadonlySet<string> = new Set([
  ...["response.created", "response.queued", "response.in_progress", "response.metadata"],
  ...["codex.response.metadata", "codex.rate_limits", "keepalive", "response.keepalive"],
]);

const FAILURES: ReadonlySet<string> = new Set(["error", "response.failed"]);

const SEQUENCE_NUMBER = /"sequence_number": ?([0-9]{1,15})[,}]/;

/**
 * The events of one answer, as the service sent them, over all its streams. If a stream breaks before any output, another one follows, and
 * its events are renumbered. After that, the client sees the break.
 */
export class Frames {
  readonly #batches: AsyncIterator<readonly ResponseEvent[]>;
  readonly #onOver: () => void;
  readonly #blank: Blank;
  /** Carrier of its first stream. */
  readonly carrier: "websocket" | "http";
  /** Read from the stream before the client asked for it. */
  #early: { readonly text: RawText | undefined } | undefined;
  /** A failure reported by the service; sent on once it is clear that it is the end. */
  #failed: FrameEvent | undefined;
  /** The same, once that is clear. */
  #ended: { readonly text: RawText; readonly event: string; readonly failure: unknown } | undefined;
  #hasOutput = false;
  #isOver = false;
  #lastNumber = -1;
  /** For a second stream: the offset of its sequence numbers. */
  #shift = 0;
  #isFollowUp = false;

  /**
   * @param onOver - Called once, when the answer is over, however it ended.
   * @param blank - Removes credentials from a failure's text.
   */
  constructor(stream: ResponseStream, onOver: () => void, blank: Blank = asItIs) {
    this.#blank = blank;
    this.carrier = stream.status === 101 ? "websocket" : "http";
    this.#batches = stream.batches();
    this.#onOver = onOver;
  }

  /** The event with which the service refused or failed, if there is one. */
  get failed(): FrameEvent | undefined {
    return this.#failed;
  }

  /**
   * Waits for the first events, which show whether the service has accepted the request.
   *
   * @returns The error event that came first, and its typed error; undefined if there is none.
   * @throws The error that broke it before its first event.
   */
  async begin(): Promise<{ readonly event: string; readonly failure: unknown } | undefined> {
    const text = await this.#read();
    this.#early = { text };
    if (!this.#ended || this.#ended.text !== text) return undefined;
    const { event, failure } = this.#ended;
    return { event, failure };
  }

  /**
   * The queued events in event-stream format, else the next ones: UTF-8 bytes as characters. Undefined after the end, including a failure
   * reported by the service.
   *
   * @throws The error that broke the stream. {@link StreamError} It would have to start again, but part of the answer has been sent.
   */
  next(): Promise<RawText | undefined> {
    const early = this.#early;
    if (early === undefined) return this.#read();
    this.#early = undefined;
    return Promise.resolve(early.text);
  }

  /** Ends the answer at any point; the service stops generating it. */
  async leave(): Promise<void> {
    this.#over();
    await this.#batches.return?.();
  }

  async #read(): Promise<RawText | undefined> {
    while (!this.#isOver) {
      let batch: IteratorResult<readonly ResponseEvent[]>;
      try {
        batch = await this.#batches.next();
      } catch (error) {
        this.#over();
        if (!this.#failed) throw error;
        return this.#failedWith(error);
      }
      if (batch.done) break;
      const text = this.#taken(batch.value);
      if (text !== "") return text;
    }
    this.#over();
    return undefined;
  }

  #taken(batch: readonly ResponseEvent[]): RawText {
    let text = "";
    for (const event of batch) {
      if (event.type === "frame") {
        if (this.#isOfTheCarrier(event)) continue;
        if (FAILURES.has(event.wireType)) this.#failed = event;
        else text += this.#passed(event);
      } else if (event.type === "restarted") {
        if (this.#hasOutput) {
          void this.leave();
          throw brokenAnswer(event);
        }
        this.#failed = undefined;
        this.#isFollowUp = true;
        this.#shift = this.#lastNumber + 1;
      }
    }
    return text;
  }

  /** The service's own failure is the last event, as over HTTP. */
  #failedWith(failure: unknown): RawText {
    const { data, wireType } = this.#failed as FrameEvent;
    const event = this.#blank(decodeRawData(data));
    const text = framed(wireType, Buffer.from(event).toString("latin1"));
    this.#ended = { text, event, failure };
    return text;
  }

  /** WebSocket events whose content is in headers over HTTP; clients of HTTP do not know them. */
  #isOfTheCarrier({ wireType }: FrameEvent): boolean {
    return this.carrier === "websocket" && wireType.startsWith("codex.");
  }

  #passed({ wireType, data }: FrameEvent): RawText {
    if (this.#hasOutput && !this.#isFollowUp) return framed(wireType, data);
    this.#hasOutput ||= !BEFORE_OUTPUT.has(wireType);
    if (this.#isFollowUp) return framed(wireType, this.#renumbered(data));
    this.#lastNumber = sequenceNumber(data) ?? this.#lastNumber;
    return framed(wireType, data);
  }

  #renumbered(data: RawData): RawText {
    const event = JSON.parse(decodeRawData(data)) as { sequence_number?: unknown };
    if (typeof event.sequence_number !== "number") return charactersOf(data);
    event.sequence_number += this.#shift;
    this.#lastNumber = event.sequence_number;
    return Buffer.from(JSON.stringify(event)).toString("latin1");
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onOver();
  }
}

function sequenceNumber(data: RawData): number | undefined {
  const found = SEQUENCE_NUMBER.exec(charactersOf(data))?.[1];
  return found === undefined ? undefined : Number(found);
}

function charactersOf(data: RawData): RawText {
  return typeof data === "string"
    ? data
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1");
}

/** One event in event-stream format; line ends inside the data are part of that format. */
function framed(wireType: string, data: RawData): RawText {
  const text = charactersOf(data);
  const lines = text.includes("\n") || text.includes("\r") ? text.replace(/\r\n|\r|\n/g, "\ndata: ") : text;
  return wireType === "" ? `data: ${lines}\n\n` : `event: ${wireType}\ndata: ${lines}\n\n`;
}
