import { Buffer } from "node:buffer";
import { constants, createInflateRaw, type InflateRaw } from "node:zlib";
import { LINE_END } from "./text-run.ts";

export interface InflaterOptions {
  /** Size of the sender's window: 8 to 15. */
  readonly windowBits: number;
  /** Each message begins with an empty window. */
  readonly forgets: boolean;
}

export interface Piece {
  /** Whether the message ends with this input. */
  readonly isLast: boolean;
  /** The most bytes of output. */
  readonly mostBytes: number;
}

/**
 * Private parts of a zlib stream: its handle, which also works synchronously, and the numbers that a write returns: room left, then input
 * left.
 */
interface Inside {
  readonly _handle: Handle;
  readonly _writeState: Uint32Array;
}

interface Handle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputBytes: number,
    output: Uint8Array,
    outputAt: number,
    outputBytes: number,
  ): void;
  onerror: (message: string, errno: number, code: string) => void;
}

/** The code of the error for a message above its limit, as in `ws`. */
export const TOO_LARGE = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/** The bytes that senders leave out at the end of each message (RFC 7692 §7.2.1). */
const TRAILER = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/**
 * Inflates the messages of one connection on this thread. Node's zlib streams use the thread pool for each piece, which costs a hundred
 * times as much as inflating a small one; and zlib's synchronous functions keep no window between calls.
 */
export class Inflater {
  readonly #options: InflaterOptions;
  #stream: InflateRaw | undefined;
  #inside: Inside | undefined;
  #failure: Error | undefined;

  /** @returns Undefined if the private parts of this runtime's zlib are not the known ones. */
  static open(options: InflaterOptions): Inflater | undefined {
    isKnown ??= Number.parseInt(process.versions.node, 10) <= NEWEST_KNOWN_NODE && passesTrial();
    return isKnown ? new Inflater(options) : undefined;
  }

  constructor(options: InflaterOptions) {
    this.#options = options;
  }

  /**
   * Inflates bytes `from` to `to` of a compressed message into `output`.
   *
   * @returns False if the sender ended its deflate stream in them: anything that follows in the same frame is ignored, as in `ws`.
   * @throws The error that `ws` would report. Nothing can be inflated after it.
   */
  inflate(input: Uint8Array, from: number, to: number, { isLast, mostBytes }: Piece): boolean {
    const most = output.end + mostBytes;
    const goesOn = this.#feed(input, from, to, most) && (!isLast || this.#feed(TRAILER, 0, TRAILER.length, most));
    if (output.end > most) throw tooLarge();
    if (!goesOn || (isLast && this.#options.forgets)) this.#stream?.reset();
    return goesOn;
  }

  close(): void {
    this.#stream?.close();
  }

  #feed(input: Uint8Array, from: number, to: number, most: number): boolean {
    this.#inside ??= this.#open();
    const { _handle: handle, _writeState: left } = this.#inside;
    let at = from;
    for (;;) {
      const room = output.bytes.length - output.end;
      handle.writeSync(constants.Z_SYNC_FLUSH, input, at, to - at, output.bytes, output.end, room);
      if (this.#failure) throw this.#failure;
      const [roomLeft = 0, inputLeft = 0] = left;
      output.end += room - roomLeft;
      at = to - inputLeft;
      // If room is left, the end of the input or of the deflate stream was reached.
      if (roomLeft > 0) return inputLeft === 0;
      if (output.end > most) throw tooLarge();
      output.grow(most);
    }
  }

  /** Created with the first compressed message: many services negotiate compression and never use it. */
  #open(): Inside {
    const { windowBits } = this.#options;
    this.#stream = createInflateRaw({ windowBits, chunkSize: constants.Z_MIN_CHUNK }); // its own buffer is not used
    const inside = this.#stream as unknown as Inside;
    inside._handle.onerror = (message, errno, code) => {
      this.#failure = Object.assign(new Error(message), { errno, code });
    };
    return inside;
  }
}

const OUTPUT_BYTES = 64 * 1024;

/** The buffer into which messages are inflated, one after the other. */
class Output {
  bytes: Buffer = Buffer.alloc(0);
  end = 0;

  /** Empties it and restores its usual size. */
  clear(): void {
    if (this.bytes.length !== OUTPUT_BYTES) this.bytes = Buffer.allocUnsafeSlow(OUTPUT_BYTES);
    this.end = 0;
  }

  /** Appends a line end. */
  separate(): void {
    if (this.end === this.bytes.length) this.grow(this.end);
    this.bytes[this.end] = LINE_END;
    this.end += 1;
  }

  /** Makes room, but no more than is needed to notice that `most` is exceeded. */
  grow(most: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.bytes.length * 2, most + 1));
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
  }
}

/** Shared by all connections: its content is taken out before other code runs. */
export const output = new Output();

function tooLarge(): Error {
  return Object.assign(new RangeError("Max payload size exceeded"), { code: TOO_LARGE });
}

/** The handle aborts the process if it is used in an unexpected way, so it is only used on versions on which the tests have run. */
const NEWEST_KNOWN_NODE = 26;

let isKnown: boolean | undefined;

/** Inflates "Hello" twice, the second time from the window (RFC 7692 §7.2.3), and then an invalid deflate stream. */
function passesTrial(): boolean {
  const inflater = new Inflater({ windowBits: constants.Z_DEFAULT_WINDOWBITS, forgets: false });
  const piece = { isLast: true, mostBytes: OUTPUT_BYTES };
  const inflate = (hex: string) => inflater.inflate(Buffer.from(hex, "hex"), 0, hex.length / 2, piece);
  try {
    output.clear();
    if (!inflate("f248cdc9c90700") || !inflate("f200110000")) return false;
    if (output.bytes.toString("latin1", 0, output.end) !== "HelloHello") return false;
    inflate("ff");
    return false;
  } catch (error) {
    return (error as { readonly code?: string }).code === "Z_DATA_ERROR";
  } finally {
    inflater.close();
  }
}
