import { type Blank, decodeRawData, type RawData, type RawText } from "../../client/index.ts";
import {
  type EventBatches,
  type FrameEvent,
  parseWireEvent,
  type ResponseEvent,
  type ResponseStream,
  type TokenUsage,
} from "../../index.ts";
import { brokenAnswer } from "../broken-answer.ts";
import { asItIs } from "./own-credentials.ts";
import { carrierOf } from "./refusal.ts";

/** Events that come before any output: the stream can still start again after them. */
const BEFORE_OUTPUT: ReadonlySet<string> = new Set([
  ...["response.created", "response.queued", "response.in_progress", "response.metadata"],
  ...["codex.response.metadata", "codex.rate_limits", "keepalive", "response.keepalive"],
]);

const FAILURES: ReadonlySet<string> = new Set(["error", "response.failed"]);
/** Ends can be failures too: gateways report one in their status. */
const ENDS: ReadonlySet<string> = new Set(["response.completed", "response.incomplete"]);
/** The names of the service's events, and keep-alives; an event with another type, or none, can be a gateway's error. */
const NO_FAILURE = /^(?:[a-z\d_]+(?:\.[a-z\d_-]+)+|keepalive|ping|heartbeat)$/;

const SEQUENCE_NUMBER = /"sequence_number": ?([0-9]{1,15})[,}]/;

/**
 * The events of one answer, as the service sent them, over all its streams. If a stream breaks before any output, another one follows, and
 * its events are renumbered. After that, the client sees the break.
 */
export class Frames {
  readonly #batches: EventBatches;
  readonly #onOver: () => void;
  readonly #blank: Blank;
  /** Carrier of its first stream. */
  readonly carrier: "websocket" | "http";
  /** What the service reports at the end. */
  tokenUsage: TokenUsage | undefined;
  /** Read from the stream before the client asked for it. */
  #early: RawText = "";
  /** A failure reported by the service, or what may be one; sent on once it is clear whether it is the end. */
  #failed: FrameEvent | undefined;
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
    this.carrier = carrierOf(stream);
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
    try {
      while (this.#early === "") {
        const batch = await this.#batches.next();
        if (batch.done) break;
        this.#early = this.#taken(batch.value);
      }
      return undefined;
    } catch (failure) {
      this.#over();
      const failed = this.#failedEvent();
      if (!failed) throw failure;
      this.#early = failed.text;
      return { event: failed.event, failure };
    }
  }

  /**
   * Gives `write` the events in event-stream format as they arrive, as UTF-8 bytes in the form of characters. If it returns a promise, the
   * service waits for that too. Resolves at the end, including a failure reported by the service.
   *
   * @throws The error that broke the stream. {@link StreamError} It would have to start again, but part of the answer has been sent.
   */
  async each(write: (text: RawText) => Promise<unknown> | undefined): Promise<void> {
    try {
      if (this.#early !== "") await write(this.#early);
      await this.#batches.each((batch) => {
        const text = this.#taken(batch);
        return text === "" ? undefined : write(text);
      });
    } catch (error) {
      const failed = this.#failedEvent();
      if (!failed) throw error;
      await write(failed.text);
    } finally {
      await this.leave();
    }
  }

  /** Ends the answer at any point; the service stops generating it. */
  async leave(): Promise<void> {
    this.#over();
    await this.#batches.return?.();
  }

  #taken(batch: readonly ResponseEvent[]): RawText {
    let text = "";
    for (const event of batch) {
      if (event.type === "frame") {
        if (this.#isOfTheCarrier(event)) continue;
        text += this.#cleared();
        if (mayFail(event.wireType)) this.#failed = event;
        else text += this.#passed(event);
      } else if (event.type === "completed" || event.type === "incomplete") {
        text += this.#cleared();
        this.tokenUsage = event.tokenUsage;
      } else if (event.type === "restarted") {
        this.#failed = undefined;
        if (this.#hasOutput) throw brokenAnswer(event);
        this.#isFollowUp = true;
        this.#shift = this.#lastNumber + 1;
      }
    }
    return text;
  }

  /** The event before this one, if it could have been a failure: it was none. */
  #cleared(): RawText {
    const failed = this.#failed;
    if (failed === undefined || FAILURES.has(failed.wireType)) return "";
    this.#failed = undefined;
    return this.#passed(failed);
  }

  /** The service's own failure, which is the last event, as over HTTP. */
  #failedEvent(): { readonly event: string; readonly text: RawText } | undefined {
    if (!this.#failed) return undefined;
    const { data, wireType } = this.#failed;
    const event = this.#blank(decodeRawData(data));
    return { event, text: framed(wireType, Buffer.from(event).toString("latin1")) };
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
    const event = parseWireEvent(decodeRawData(data));
    if (typeof event?.sequence_number !== "number") return charactersOf(data);
    this.#lastNumber = event.sequence_number + this.#shift;
    const renumbered = { ...event, sequence_number: this.#lastNumber };
    return Buffer.from(JSON.stringify(renumbered)).toString("latin1");
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

/** True if the event can be the end with which the service or a gateway fails. */
function mayFail(wireType: string): boolean {
  return FAILURES.has(wireType) || ENDS.has(wireType) || !NO_FAILURE.test(wireType);
}

/** One event in event-stream format; line ends inside the data are part of that format. */
function framed(wireType: string, data: RawData): RawText {
  const text = charactersOf(data);
  const lines = text.includes("\n") || text.includes("\r") ? text.replace(/\r\n|\r|\n/g, "\ndata: ") : text;
  return wireType === "" ? `data: ${lines}\n\n` : `event: ${wireType}\ndata: ${lines}\n\n`;
}
