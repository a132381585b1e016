import type { Readable } from "node:stream";
import { promisify } from "node:util";
import zlib from "node:zlib";

const FIRST_GUESS_BYTES = 1024 * 1024;
const ZSTD_MAGIC = 0xfd2fb528;
const LONGEST_ZSTD_HEADER = 18;
/** How the codec reports `dstSize_tooSmall`. */
const NO_ROOM = /code -70$/;
const EMPTY = new Uint8Array();
const EMPTY_FRAME = Buffer.from("28b52ffd2000010000", "hex");

/** Why a body cannot be used: it is too large, its coding is unknown, or its bytes do not match the coding. */
export class BodyFault extends Error {
  override get name(): string {
    return "BodyFault";
  }
  readonly reason: "too_large" | "unknown_coding" | "damaged";

  constructor(reason: BodyFault["reason"], message: string) {
    super(message);
    this.reason = reason;
  }

  /** The corresponding HTTP status. */
  get status(): number {
    return this.reason === "too_large" ? 413 : this.reason === "unknown_coding" ? 415 : 400;
  }
}

/** @throws {@link BodyFault} It is larger than `maxBytes`. */
export function readBody(message: Readable, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    read(message, maxBytes, reject, (size, body) => {
      if (size > maxBytes) reject(tooLarge(maxBytes));
      else resolve(body);
    });
  });
}

/** Reserves memory for further bytes of a body. Returns false if there is none. */
type Hold = (bytes: number) => boolean;

/** A received body. */
interface ReadBody {
  /** Size of everything received, in bytes. */
  readonly size: number;
  /** Empty if it was not kept. */
  readonly body: Uint8Array;
  /** Whether there was memory for it. */
  readonly hadRoom: boolean;
}

/**
 * Reads to the end even if the body is not kept: a client that is still sending would otherwise see a reset and not the answer.
 *
 * @param hold - Called until it returns false. By default there always is memory.
 */
export function readUpTo(message: Readable, most: number, hold?: Hold): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    read(message, most, reject, (size, body, hadRoom) => resolve({ size, body, hadRoom }), hold);
  });
}

/**
 * With events, because an iterator costs more than everything else for a short body. The listeners are removed at the end: with them the
 * message would hold its body as long as its answer lasts.
 */
function read(
  message: Readable,
  most: number,
  onError: (error: Error) => void,
  onEnd: (size: number, body: Uint8Array, hadRoom: boolean) => void,
  hold?: Hold,
): void {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let hadRoom = true;
  const take = (chunk: Uint8Array): void => {
    size += chunk.length;
    if (hold && hadRoom && size <= most) hadRoom = hold(chunk.length);
    if (size > most || !hadRoom) chunks.length = 0;
    else chunks.push(chunk);
  };
  const finish = (): void => {
    stop();
    const [only = EMPTY] = chunks;
    onEnd(size, chunks.length > 1 ? Buffer.concat(chunks) : only, hadRoom);
  };
  const fail = (error: Error): void => {
    stop();
    onError(error);
  };
  const leave = (): void => fail(new Error("the client left before its request was whole"));
  const stop = (): void => {
    message.off("data", take).off("end", finish).off("error", fail).off("close", leave);
  };
  message.on("data", take).on("end", finish).on("error", fail).on("close", leave);
}

/**
 * Undoes one `content-encoding`: zstd, gzip, deflate or br.
 *
 * @throws {@link BodyFault} It is another coding, or zstd and neither Node (22.15 and later) nor `@bokuweb/zstd-wasm` provides it; the
 *   bytes do not match the coding; or the result is larger than `maxBytes`.
 */
export async function decodeBody(
  bytes: Uint8Array,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  const name = encoding?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity") return bytes;
  const decode = await decoderOf(name);
  if (!decode) throw new BodyFault("unknown_coding", `Unsupported content encoding '${name}'.`);
  try {
    return await decode(bytes, maxBytes);
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes);
    throw new BodyFault("damaged", `The request body could not be decoded as ${name}.`);
  }
}

type Decoder = (bytes: Uint8Array, maxBytes: number) => Promise<Uint8Array>;
type NativeDecoder = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number },
  done: (error: Error | null, decoded: Buffer) => void,
) => void;

async function decoderOf(name: string): Promise<Decoder | undefined> {
  switch (name) {
    case "gzip":
      return native(zlib.gunzip);
    case "deflate":
      return native(zlib.inflate);
    case "br":
      return native(zlib.brotliDecompress);
    case "zstd":
      return hasZstd(zlib) ? native(zlib.zstdDecompress) : wasmZstd();
    default:
      return undefined;
  }
}

// The types of Node 20 do not include it.
function hasZstd(module: object): module is { readonly zstdDecompress: NativeDecoder } {
  return "zstdDecompress" in module && typeof module.zstdDecompress === "function";
}

function native(decode: NativeDecoder): Decoder {
  const decodeAsync = promisify(decode);
  return (bytes, maxOutputLength) => decodeAsync(bytes, { maxOutputLength });
}

let wasmDecoder: Promise<Decoder | undefined> | undefined;

function wasmZstd(): Promise<Decoder | undefined> {
  wasmDecoder ??= loadWasmZstd();
  return wasmDecoder;
}

async function loadWasmZstd(): Promise<Decoder | undefined> {
  const wasm = await import("@bokuweb/zstd-wasm").catch(() => undefined);
  if (!wasm) return undefined;
  const decode = (bytes: Uint8Array, capacity: number) => wasm.decompress(bytes, { defaultHeapSize: capacity });
  // A client in this process may have initialised it; a second `init` would replace the memory under both.
  if (!succeeds(() => decode(EMPTY_FRAME, 1))) await wasm.init();
  return async (bytes, maxBytes) => {
    const said = zstdContentSize(bytes);
    if (said !== undefined && said > maxBytes) throw new RangeError("the frame says that it is larger"); // the codec would allocate that much
    // A streamed frame does not contain its decoded size, which this codec needs: start with a guess, and increase it.
    for (let capacity = Math.min(FIRST_GUESS_BYTES, maxBytes); ; capacity = Math.min(capacity * 4, maxBytes)) {
      try {
        return decode(bytes, capacity);
      } catch (error) {
        if (said !== undefined || !NO_ROOM.test(String(error))) throw error;
        if (capacity === maxBytes) throw new RangeError("there is more in it", { cause: error });
      }
    }
  };
}

/**
 * The decoded size that the first frame states, in bytes (RFC 8878 §3.1.1.1); undefined if it states none, or if the bytes are not a frame.
 */
function zstdContentSize(bytes: Uint8Array): number | undefined {
  const view = Buffer.alloc(LONGEST_ZSTD_HEADER);
  view.set(bytes.subarray(0, LONGEST_ZSTD_HEADER));
  if (view.readUInt32LE(0) !== ZSTD_MAGIC) return undefined;
  const descriptor = view.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  switch (descriptor >> 6) {
    case 0:
      return isSingleSegment ? view.readUInt8(at) : undefined;
    case 1:
      return view.readUInt16LE(at) + 256;
    case 2:
      return view.readUInt32LE(at);
    default:
      return Number(view.readBigUInt64LE(at));
  }
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

function tooLarge(maxBytes: number): BodyFault {
  return new BodyFault("too_large", `The request body is larger than ${maxBytes} bytes.`);
}
