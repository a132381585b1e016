import { Buffer } from "node:buffer";
import { LimitError } from "../failure/kinds.ts";
import { HeldBytes } from "../held-bytes.ts";
import { objectList } from "../object-list.ts";
import { byteCount, knownOptions } from "../options.ts";
import { decodeRawData, decodeRawText, isLong, type RawData, type RawText, rawTextOf } from "../raw-text.ts";
import { blankLineEnd, CR, firstLineEnd, LF, lastBlankLineEnd, lastLineEnd } from "./line-ends.ts";

/** One dispatched event. */
export interface SseEvent {
  /** The `event` field; undefined if there was none (the standard's `message`). */
  readonly event: string | undefined;
  /** The `data` lines, joined with line feeds. */
  readonly data: string;
  /** The last event id seen on the stream so far; it outlives its event, as the standard says. */
  readonly id: string | undefined;
}

export interface SseSink {
  onEvent?(event: SseEvent): void;
  /** Replaces `onEvent` for callers that need only the data, undecoded; long data as a view of the bytes that were fed. */
  onRawData?(data: RawData): void;
  /**
   * In addition to `onRawData`: lines that begin an event at `start`, before they are split. A caller that recognises whole events can take
   * them here; each must end with its blank line within `lines`.
   *
   * @returns Where the first event begins that was not taken.
   */
  onLines?(lines: RawText, start: number): number;
  /** A line that begins with a colon; servers send them to keep a connection alive. */
  onComment?(text: string): void;
  /** The `retry` field, in milliseconds. */
  onRetry?(delayMs: number): void;
}

export interface SseDecoderOptions {
  /** The largest event, in bytes of its lines. A larger one is a {@link LimitError}. @default 67 108 864 (64 MiB) */
  readonly maxEventBytes?: number | undefined;
}

const OPTIONS = knownOptions<SseDecoderOptions>("the options of SseDecoder", { maxEventBytes: true });

const SPACE = 0x20;
const EVENT_FIELD = Buffer.from("event:");
const DATA_FIELD = Buffer.from("data:");
const BYTE_ORDER_MARK: RawText = "\xEF\xBB\xBF";
const DEFAULT_MAX_EVENT_BYTES = 64 * 1024 * 1024;

/**
 * Decodes an event stream from byte chunks cut anywhere.
 *
 * Line ends may be LF, CR or CRLF, mixed; a leading byte order mark is dropped; invalid UTF-8 becomes U+FFFD. Memory held
 * is the unfinished line and event, bounded by `maxEventBytes`.
 *
 * @see WHATWG HTML §9.2.6 "Interpreting an event stream".
 */
export class SseDecoder {
  readonly #sink: SseSink;
  readonly #maxEventBytes: number;

  /** The part of a line, or of an event, whose end has not arrived. */
  readonly #unfinished = new HeldBytes();
  /** `#unfinished` begins where an event begins, and its lines end in LF. */
  #holdsEvent = false;
  #endsInLineFeed = false;
  /** The text before ended in CR; a following LF belongs to it. */
  #afterCarriageReturn = false;
  #atStart = true;

  // Raw, like the lines they are cut from: decoded when the event is needed.
  #data: RawData | undefined;
  /** The data lines after the first, each after its LF; as bytes, because each string concatenation would cost an object. */
  #moreData: HeldBytes | undefined;
  /** Size of those lines including field name and line end, so that empty lines count too. */
  #moreDataBytes = 0;
  #event: RawText | undefined;
  #id: RawText | undefined;
  /**
   * Data of the current chunk, delivered when all of it has been split: V8 compiles two loops with separate work in half the time of one
   * that does everything. One array is reused for all chunks: V8 would keep the first of many new arrays alive, and allocate later ones in
   * the old generation, which only a full collection frees.
   */
  readonly #rawData = objectList<RawData>();
  #handedOver = 0;

  /** @throws {@link BuildError} `maxEventBytes` is invalid, or an option is unknown. */
  constructor(sink: SseSink, options: SseDecoderOptions = {}) {
    this.#sink = sink;
    OPTIONS(options);
    this.#maxEventBytes = byteCount("maxEventBytes", options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES);
  }

  /** @throws {@link LimitError} The current event is larger than `maxEventBytes`. */
  feed(chunk: Uint8Array): void {
    if (chunk.length === 0) return; // it would hide how the bytes before it end
    try {
      this.#read(chunk);
    } finally {
      this.#handOver();
    }
  }

  #read(chunk: Uint8Array): void {
    const start = this.#unfinished.length > 0 ? this.#finish(chunk) : 0;
    if (start === undefined) return;
    const end = this.#cut(chunk, start);
    // Only what was cut is copied and joined; the rest of the chunk is read in place.
    if (start < end) this.#readBytes(end - start < chunk.length ? chunk.subarray(start, end) : chunk);
    if (end < chunk.length) this.#hold(chunk.subarray(end));
  }

  /**
   * Reads what is unfinished together with its end.
   *
   * @returns Where the chunk goes on behind that; undefined if all of the chunk is unfinished, too.
   */
  #finish(chunk: Uint8Array): number | undefined {
    let start = 0;
    if (this.#holdsEvent) {
      start = this.#endsInLineFeed && chunk[0] === LF ? 1 : blankLineEnd(chunk) + 1;
      if (start === 0 && chunk.indexOf(CR) !== -1) this.#holdsEvent = false; // the lines of its rest may end in CR
    }
    if (!this.#holdsEvent) start = firstLineEnd(chunk) + 1;
    if (start === 0) {
      this.#hold(chunk);
      return undefined;
    }
    this.#readBytes(this.#unfinished.take(chunk.subarray(0, start)));
    return start;
  }

  /**
   * Where to cut the end off a chunk, if it is unfinished: before its event if possible, because whole events are read much faster, otherwise before
   * its line. In UTF-8, CR and LF are never part of another character, so a cut after a line end is safe.
   */
  #cut(chunk: Uint8Array, start: number): number {
    this.#holdsEvent = false;
    const isWhole = chunk[chunk.length - 1] === LF && chunk[chunk.length - 2] === LF;
    if (this.#sink.onLines && !isWhole) {
      const blank = lastBlankLineEnd(chunk, start);
      const isBetweenEvents = blank !== -1 || (this.#data === undefined && this.#event === undefined);
      const eventAt = Math.max(blank + 1, start);
      const first = chunk[eventAt];
      this.#holdsEvent =
        isBetweenEvents && (first === EVENT_FIELD[0] || first === DATA_FIELD[0]) && chunk.indexOf(CR, eventAt) === -1;
      if (this.#holdsEvent) return eventAt;
    }
    return Math.max(lastLineEnd(chunk) + 1, start);
  }

  /**
   * Ends the stream. The standard drops an event whose blank line never came. It is returned instead, because a server that forgets the
   * last blank line would otherwise lose its terminal event. The caller decides whether it counts.
   */
  end(): SseEvent | undefined {
    if (this.#unfinished.length > 0) {
      const lines = this.#linesOf(this.#unfinished.take());
      this.#readLines(this.#endsInLineFeed ? lines : `${lines}\n`);
    }
    return this.#takeEvent();
  }

  #hold(chunk: Uint8Array): void {
    this.#endsInLineFeed = chunk[chunk.length - 1] === LF;
    this.#unfinished.add(chunk);
    this.#checkSize(this.#unfinished.length);
  }

  /** `bytes` are whole lines. */
  #readBytes(bytes: Uint8Array): void {
    const start = this.#sink.onRawData && isLong(bytes) ? this.#readLongEvents(bytes) : 0;
    if (start < bytes.length) this.#readLines(this.#linesOf(start > 0 ? bytes.subarray(start) : bytes));
  }

  /**
   * Takes long data at the start of `bytes` without converting it to a string. Servers flush a long event on its own, so searching for one
   * further on is not worth it.
   *
   * @returns Where the first line begins that was not read.
   */
  #readLongEvents(bytes: Uint8Array): number {
    let start = 0;
    while (this.#data === undefined && !this.#afterCarriageReturn) {
      const nameEnd = hasFieldAt(bytes, start, EVENT_FIELD) ? bytes.indexOf(LF, start) : start - 1;
      const dataStart = nameEnd + 1;
      if (dataStart < start || !hasFieldAt(bytes, dataStart, DATA_FIELD)) break; // no LF: the line of the field name ends in a CR
      const end = bytes.indexOf(LF, dataStart);
      if (end === -1) break;
      const valueAt = dataStart + DATA_FIELD.length;
      const value = bytes.subarray(bytes[valueAt] === SPACE ? valueAt + 1 : valueAt, end);
      if (!isLong(value) || bytes.subarray(start, end).indexOf(CR) !== -1) break; // a CR ends a line too
      this.#checkSize(value.length);
      this.#atStart = false;
      this.#data = value;
      start = end + 1;
      if (bytes[start] !== LF) break; // the event has more lines
      this.#dispatch();
      start += 1;
    }
    return start;
  }

  #linesOf(bytes: Uint8Array): RawText {
    let text = rawTextOf(bytes);
    if (this.#atStart) {
      this.#atStart = false;
      if (text.startsWith(BYTE_ORDER_MARK)) text = text.slice(BYTE_ORDER_MARK.length);
    }
    if (this.#afterCarriageReturn || text.includes("\r")) text = this.#normalizeLineEnds(text);
    return text;
  }

  #normalizeLineEnds(text: RawText): RawText {
    const rest = this.#afterCarriageReturn && text.startsWith("\n") ? text.slice(1) : text;
    this.#afterCarriageReturn = text.endsWith("\r");
    return rest.replace(/\r\n?/g, "\n");
  }

  /** `text` consists of whole lines, each ended by LF. */
  #readLines(text: RawText): void {
    for (let start = this.#offer(text, 0); start < text.length; ) {
      const end = text.indexOf("\n", start);
      if (end === start) {
        this.#dispatch();
        start = this.#offer(text, end + 1);
        continue;
      }
      if (text.startsWith("data:", start)) this.#appendData(text.slice(valueStart(text, start + 5), end));
      else if (text.startsWith("event:", start)) this.#event = text.slice(valueStart(text, start + 6), end);
      else this.#readRareLine(text.slice(start, end));
      start = end + 1;
    }
  }

  /** @returns Where to continue reading. */
  #offer(text: RawText, start: number): number {
    const sink = this.#sink;
    if (!sink.onLines || this.#data !== undefined || this.#event !== undefined || start === text.length) return start;
    this.#handOver(); // what was split comes first
    return sink.onLines(text, start);
  }

  #readRareLine(line: RawText): void {
    const colon = line.indexOf(":");
    if (colon === 0) {
      this.#sink.onComment?.(decodeRawText(line.slice(1)));
      return;
    }
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(valueStart(line, colon + 1));
    if (name === "data") this.#appendData(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.#sink.onRetry?.(Number(value));
  }

  #appendData(value: RawText): void {
    if (this.#data === undefined) this.#data = value;
    else {
      this.#moreData ??= new HeldBytes();
      this.#moreData.addText(`\n${value}`);
      this.#moreDataBytes += DATA_FIELD.length + value.length + 1;
    }
    this.#checkSize(0);
  }

  #takeData(): RawData | undefined {
    const data = this.#data;
    const more = this.#moreData;
    this.#data = undefined;
    if (data === undefined || !more) return data;
    this.#moreData = undefined;
    this.#moreDataBytes = 0;
    return `${typeof data === "object" ? rawTextOf(data) : data}${rawTextOf(more.take())}`;
  }

  #dispatch(): void {
    if (this.#sink.onRawData) {
      const data = this.#takeData();
      if (data !== undefined) this.#rawData.push(data);
      this.#event = undefined;
      return;
    }
    const event = this.#takeEvent();
    if (event) this.#sink.onEvent?.(event);
  }

  #handOver(): void {
    const list = this.#rawData;
    if (list.length === 0) return;
    try {
      while (this.#handedOver < list.length) this.#sink.onRawData?.(list[this.#handedOver++] as RawData);
    } finally {
      this.#handedOver = 0;
      // Setting `length` calls into the runtime, so it is not done for single events.
      if (list.length === 1) list.pop();
      else list.length = 0;
    }
  }

  #takeEvent(): SseEvent | undefined {
    const data = this.#takeData();
    const event = this.#event || undefined; // the standard: an empty name is the default one
    this.#event = undefined;
    if (data === undefined) return undefined;
    return { event: event && decodeRawText(event), data: decodeRawData(data), id: this.#id && decodeRawText(this.#id) };
  }

  /** @param bytes - In addition to the finished lines; the id counts as long as it is kept. */
  #checkSize(bytes: number): void {
    const held = (this.#data?.length ?? 0) + this.#moreDataBytes + (this.#event?.length ?? 0) + (this.#id?.length ?? 0);
    if (held + bytes <= this.#maxEventBytes) return;
    const limit = this.#maxEventBytes;
    throw new LimitError(`an event of the stream is larger than ${limit} bytes, the most that is accepted`, {
      what: "event",
      limit,
      unit: "bytes",
    });
  }
}

function hasFieldAt(bytes: Uint8Array, start: number, field: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(start, start + field.length), field) === 0;
}

/** The standard drops one space after the colon. */
function valueStart(line: RawText, afterColon: number): number {
  return line.charCodeAt(afterColon) === SPACE ? afterColon + 1 : afterColon;
}
