import { Buffer } from "node:buffer";
import type { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { WebSocket } from "ws";
import { HeldBytes } from "../held-bytes.ts";
import { empty, objectList } from "../object-list.ts";
import type { RawData } from "../raw-text.ts";
import { COMPRESSED_TEXT, isMasked, leavesOpen, payloadSize, payloadStart, TEXT } from "./frame.ts";
import { Inflater, output, TOO_LARGE } from "./inflater.ts";
import { LINE_END, TextRun } from "./text-run.ts";

export interface WholeMessagesOptions {
  readonly maxMessageBytes: number;
  /** Text messages that arrived together; the receiver may keep the list. */
  readonly onTexts: (messages: RawData[]) => void;
  /** The received data break the connection. `closeCode`, if set, is sent to the peer. */
  readonly onBroken: (error: Error, closeCode?: number) => void;
}

/** Private parts of `ws`: the stream that receives the network's data, and the negotiated settings. */
interface Inside {
  readonly _receiver?: Writable;
  readonly _extensions?: { readonly "permessage-deflate"?: Deflate };
}

interface Deflate {
  readonly params: {
    readonly server_max_window_bits?: number;
    readonly server_no_context_takeover?: boolean;
  } | null;
  /** Must not call back before it returns. */
  decompress: (data: Uint8Array, isLast: boolean, callback: Inflated) => void;
}

type Inflated = (error: Error | null, inflated?: Uint8Array) => void;

const LARGEST_WINDOW_BITS = 15;
/** A compressed message up to this size inflates to 4 MB at most, in one step; a larger one takes several turns of the event loop. */
const STEP_BYTES = 4096;
/** A text message up to this size waits here for its rest; the beginning of a larger one is passed to `ws`. */
const MOST_HELD = 4096;
/** Inflated messages are delivered when this many bytes have accumulated. */
const RUN_BYTES = 48 * 1024;

/** Close codes (RFC 6455 §7.4.1). */
const INVALID_DATA = 1007;
const TOO_BIG = 1009;

export const NOT_UTF8 = "a text message is not UTF-8";

/**
 * Reads complete text messages directly from the network's data, all of one network read in one step. Everything else is passed to `ws`,
 * which checks the protocol: control frames, fragments, large messages, and all errors. It gets the bytes of those frames unchanged and
 * nothing of the others, so it does not notice. In `ws` each message costs six views of the network read, three events and, if it is
 * compressed, a round trip through the thread pool.
 *
 * @returns False if the private parts of `ws` are not the known ones, as in runtimes with a `ws` of their own: then `ws` reads everything.
 */
export function takeWholeMessages(websocket: WebSocket, options: WholeMessagesOptions): boolean {
  const { _receiver: receiver, _extensions: extensions } = websocket as unknown as Inside;
  if (typeof receiver?.write !== "function" || receiver.writableLength !== 0) return false;
  const deflate = extensions?.["permessage-deflate"];
  const inflater = deflate && inflaterFor(deflate);
  const messages = new WholeMessages(receiver, inflater, options);
  receiver.write = (chunk: Buffer) => messages.take(chunk);
  if (inflater) {
    deflate.decompress = (data, isLast, callback) => messages.decompress(inflater, data, isLast, callback);
    websocket.once("close", () => inflater.close());
  }
  return true;
}

function inflaterFor({ params, decompress }: Deflate): Inflater | undefined {
  if (!params || typeof decompress !== "function") return undefined;
  const { server_max_window_bits: windowBits = LARGEST_WINDOW_BITS, server_no_context_takeover: forgets } = params;
  return Inflater.open({ windowBits, forgets: forgets === true });
}

class WholeMessages {
  readonly #receiver: Writable;
  readonly #passOn: (bytes: Buffer) => void;
  readonly #inflater: Inflater | undefined;
  readonly #options: WholeMessagesOptions;
  readonly #run = new TextRun();
  readonly #messages = objectList<RawData>();
  /** The beginning of an incomplete frame. */
  #held: Buffer | undefined;
  /** How many bytes are missing of the frame that `ws` is reading. */
  #left = 0;
  /** `ws` has fragments of a message. */
  #isFragmented = false;
  #isBroken = false;

  constructor(receiver: Writable, inflater: Inflater | undefined, options: WholeMessagesOptions) {
    this.#receiver = receiver;
    this.#passOn = receiver.write.bind(receiver);
    this.#inflater = inflater;
    this.#options = options;
  }

  /** @returns Whether more may be written at once, like a stream's `write`. */
  take(chunk: Buffer): boolean {
    const start = this.#held ? this.#complete(this.#held, chunk) : 0;
    this.#read(chunk, start);
    this.#deliver();
    return !this.#receiver.writableNeedDrain;
  }

  /** Inflates what `ws` reads, large messages and fragments: they share a window with the messages read here. */
  decompress(inflater: Inflater, data: Uint8Array, isLast: boolean, callback: Inflated): void {
    inflateInSteps(inflater, data, isLast, this.#options.maxMessageBytes).then(
      (inflated) => callback(null, inflated),
      (error) => {
        this.#breakInflating(error);
        callback(error); // `ws` does not report the end of the connection while it waits for this
      },
    );
  }

  /** Completes the frame whose beginning is held; returns where the next one begins in `chunk`. */
  #complete(held: Buffer, chunk: Buffer): number {
    const joined = Buffer.concat([held, chunk.subarray(0, MOST_HELD)]);
    const payload = payloadStart(joined, 0);
    const end = payload === 0 ? joined.length : Math.min(payload + payloadSize(joined, 0), joined.length);
    this.#held = undefined;
    this.#read(joined.subarray(0, end), 0);
    return end - held.length;
  }

  #read(bytes: Buffer, start: number): void {
    let at = start;
    while (at < bytes.length && !this.#isBroken && this.#receiver.writable) {
      if (this.#isBetweenMessages) at = this.#takeTexts(bytes, at);
      if (at === bytes.length || this.#isBroken || this.#holds(bytes, at)) return;
      this.#deliver(); // first, to keep the order
      const end = this.#endOfOthers(bytes, at);
      this.#passOn(bytes.subarray(at, end));
      at = end;
    }
  }

  get #isBetweenMessages(): boolean {
    return this.#left === 0 && !this.#isFragmented && this.#isCaughtUp;
  }

  /** True if `ws` is not inflating a message, with later frames waiting for it. */
  get #isCaughtUp(): boolean {
    return this.#receiver.writableLength === 0;
  }

  /** Reads the messages from `start` on; returns where the first frame begins that is not a text message, or not complete. */
  #takeTexts(bytes: Buffer, start: number): number {
    let at = start;
    for (;;) {
      let end = this.#takePlain(bytes, at);
      if (this.#inflater && !this.#isBroken) end = this.#takeCompressed(this.#inflater, bytes, end);
      if (end === at || this.#isBroken) return end;
      at = end;
    }
  }

  #takePlain(bytes: Buffer, start: number): number {
    let at = start;
    for (let end = this.#endOf(TEXT, bytes, at); end > 0; end = this.#endOf(TEXT, bytes, at)) {
      const payload = payloadStart(bytes, at);
      for (let nth = at; nth < payload; nth += 1) bytes[nth] = LINE_END; // a frame's head is not UTF-8, and the run is checked as a whole
      this.#run.add(payload, end);
      at = end;
    }
    this.#finishRun(bytes, false);
    return at;
  }

  #takeCompressed(inflater: Inflater, bytes: Buffer, start: number): number {
    const piece = { isLast: true, mostBytes: this.#options.maxMessageBytes };
    let at = start;
    output.clear();
    for (let end = this.#endOf(COMPRESSED_TEXT, bytes, at); end > 0; end = this.#endOf(COMPRESSED_TEXT, bytes, at)) {
      const payload = payloadStart(bytes, at);
      if (end - payload > STEP_BYTES) break;
      const from = output.end;
      try {
        inflater.inflate(bytes, payload, end, piece);
      } catch (error) {
        this.#finishRun(output.bytes, true);
        this.#breakInflating(error as Error);
        return at;
      }
      this.#run.add(from, output.end);
      output.separate();
      at = end;
      if (output.end < RUN_BYTES) continue;
      this.#finishRun(output.bytes, true);
      output.clear();
    }
    this.#finishRun(output.bytes, true);
    return at;
  }

  /** Where the message at `at` ends; 0 if it is of another kind, incomplete, or left to `ws`. */
  #endOf(kind: number, bytes: Buffer, at: number): number {
    if (bytes[at] !== kind) return 0;
    const payload = payloadStart(bytes, at);
    if (payload === 0 || isMasked(bytes, at)) return 0;
    const size = payloadSize(bytes, at);
    const end = payload + size;
    return end > bytes.length || size > this.#options.maxMessageBytes ? 0 : end;
  }

  #finishRun(bytes: Buffer, isScratch: boolean): void {
    if (!this.#run.moveTo(this.#messages, bytes, isScratch)) this.#break(new Error(NOT_UTF8));
  }

  /** Keeps the bytes at `at` if they are the beginning of a message that is read here, or too few to tell. */
  #holds(bytes: Buffer, at: number): boolean {
    if (this.#left > 0) return false;
    const payload = payloadStart(bytes, at);
    if (payload > 0 && !this.#isOursTo(bytes, at, payload)) return false;
    this.#held = Buffer.from(bytes.subarray(at)); // a copy, so that the whole network read is not kept
    return true;
  }

  /** True if the frame at `at` is incomplete and of a kind that is read here. */
  #isOursTo(bytes: Buffer, at: number, payload: number): boolean {
    const size = payloadSize(bytes, at);
    const isText = bytes[at] === TEXT || (bytes[at] === COMPRESSED_TEXT && this.#inflater !== undefined);
    const isSmall = size <= Math.min(MOST_HELD, this.#options.maxMessageBytes);
    return isText && isSmall && payload + size > bytes.length && !isMasked(bytes, at) && this.#isBetweenMessages;
  }

  /** Where the frame for `ws` at `start` ends; while `ws` is not caught up, all following frames are for it. */
  #endOfOthers(bytes: Buffer, start: number): number {
    let at = start;
    do {
      if (this.#left === 0) {
        const payload = payloadStart(bytes, at);
        if (payload === 0) break;
        this.#left = payload - at + payloadSize(bytes, at);
        this.#isFragmented = leavesOpen(bytes, at, this.#isFragmented);
      }
      const end = Math.min(at + this.#left, bytes.length);
      this.#left -= end - at;
      at = end;
    } while (at < bytes.length && !this.#isCaughtUp);
    return at;
  }

  #deliver(): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages.slice(); // with no more room than they need
    empty(this.#messages);
    this.#options.onTexts(messages);
  }

  #breakInflating(error: Error & { readonly code?: string }): void {
    this.#break(error, error.code === TOO_LARGE ? TOO_BIG : INVALID_DATA);
  }

  #break(error: Error, closeCode?: number): void {
    this.#isBroken = true;
    this.#deliver();
    this.#options.onBroken(error, closeCode);
  }
}

/** Other code can run between two steps. */
async function inflateInSteps(
  inflater: Inflater,
  data: Uint8Array,
  isLast: boolean,
  maxBytes: number,
): Promise<Uint8Array> {
  const inflated = new HeldBytes();
  for (let at = 0; ; at += STEP_BYTES) {
    const end = Math.min(at + STEP_BYTES, data.length);
    const isLastStep = end === data.length;
    output.clear();
    const goesOn = inflater.inflate(data, at, end, {
      isLast: isLast && isLastStep,
      mostBytes: maxBytes - inflated.length,
    });
    inflated.add(Buffer.from(output.bytes.subarray(0, output.end)));
    if (isLastStep || !goesOn) return inflated.take();
    await nextTurn();
  }
}
