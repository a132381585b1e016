import { Buffer } from "node:buffer";
import type { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { WebSocket } from "ws";
import { HeldBytes } from "../held-bytes.ts";
import type { RawData } from "../raw-text.ts";
import { COMPRESSED_TEXT, isMasked, leavesOpen, payloadSize, payloadStart, TEXT } from "./frame.ts";
import { Inflater, output, TOO_LARGE } from "./inflater.ts";
import { LINE_END, TextRun } from "./text-run.ts";

export interface WholeMessagesOptions {
  readonly maxMessageBytes: number;
  /** Text messages that came together; the list is the caller's to keep. */
  readonly onTexts: (messages: RawData[]) => void;
  /** What came breaks the connection. `closeCode`, where there is one, tells the peer why. */
  readonly onBroken: (error: Error, closeCode?: number) => void;
}

/** Private parts of `ws`: the stream that takes what the network brings, and what the handshake agreed on. */
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
/** A compressed message of up to so many bytes inflates to 4 MB at most, and does so at once; a larger one takes several turns of the event loop. */
const STEP_BYTES = 4096;
/** A text message of up to so many bytes waits here for its rest; of a larger one `ws` gets the beginning. */
const MOST_HELD = 4096;
/** Inflated messages are handed on when they add up to this. */
const RUN_BYTES = 48 * 1024;

/** Close codes (RFC 6455 §7.4.1). */
const INVALID_DATA = 1007;
const TOO_BIG = 1009;

export const NOT_UTF8 = "a text message is not UTF-8";

/**
 * Takes text messages out of what the network brings, as many as are complete in one network read in one step. Everything else goes to `ws`, which
 * remains the judge of the protocol: control frames, fragments, large messages, and every mistake. It receives the bytes of those frames unchanged and
 * nothing of the others, so that it does not notice. In `ws` each message costs six views of the network read, three events and, where it is
 * compressed, a round trip through the thread pool.
 *
 * @returns False where the private parts of `ws` are not those known here: then `ws` reads everything. So it is in runtimes with a `ws` of their own.
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
  #messages: RawData[] = [];
  /** The beginning of a frame whose rest has not come. */
  #held: Buffer | undefined;
  /** How much of the frame that `ws` reads has not come. */
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

  /** @returns Whether more may come at once, as `write` of any stream. */
  take(chunk: Buffer): boolean {
    const start = this.#held ? this.#complete(this.#held, chunk) : 0;
    this.#read(chunk, start);
    this.#deliver();
    return !this.#receiver.writableNeedDrain;
  }

  /** Inflates what `ws` reads, large messages and fragments: they share a window with the messages taken here. */
  decompress(inflater: Inflater, data: Uint8Array, isLast: boolean, callback: Inflated): void {
    inflateInSteps(inflater, data, isLast, this.#options.maxMessageBytes).then(
      (inflated) => callback(null, inflated),
      (error) => {
        this.#breakInflating(error);
        callback(error); // `ws` does not report the end of the connection while it waits for this
      },
    );
  }

  /** Reads the frame whose beginning is held; returns where the next one begins in `chunk`. */
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
      this.#deliver(); // first, so that the order is kept
      const end = this.#endOfOthers(bytes, at);
      this.#passOn(bytes.subarray(at, end));
      at = end;
    }
  }

  get #isBetweenMessages(): boolean {
    return this.#left === 0 && !this.#isFragmented && this.#isCaughtUp;
  }

  /** `ws` is not inflating something, with what came after it in line. */
  get #isCaughtUp(): boolean {
    return this.#receiver.writableLength === 0;
  }

  /** Takes the messages from `start` on; returns where the first frame begins that is none, or not complete. */
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
      for (let nth = at; nth < payload; nth += 1) bytes[nth] = LINE_END; // a frame's head is no UTF-8, and the run is checked as a whole
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

  /** Where the message ends that begins at `at`; 0 where that is not of this kind, not complete, or not for us. */
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

  /** Holds what comes at `at`, where it is the beginning of a message of ours, or too little to tell. */
  #holds(bytes: Buffer, at: number): boolean {
    if (this.#left > 0) return false;
    const payload = payloadStart(bytes, at);
    if (payload > 0 && !this.#isOursTo(bytes, at, payload)) return false;
    this.#held = Buffer.from(bytes.subarray(at)); // a copy, so that the whole network read is not kept with it
    return true;
  }

  /** Is the frame at `at` incomplete, and of a kind that is not left to `ws` for that? */
  #isOursTo(bytes: Buffer, at: number, payload: number): boolean {
    const size = payloadSize(bytes, at);
    const isText = bytes[at] === TEXT || (bytes[at] === COMPRESSED_TEXT && this.#inflater !== undefined);
    const isSmall = size <= Math.min(MOST_HELD, this.#options.maxMessageBytes);
    return isText && isSmall && payload + size > bytes.length && !isMasked(bytes, at) && this.#isBetweenMessages;
  }

  /** Where the frame ends that begins or goes on at `start` and is for `ws`; while that is not caught up, all that follow are. */
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
    const messages = this.#messages;
    this.#messages = [];
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

/** Between two steps others have their turn. */
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
