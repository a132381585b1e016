import type { Readable } from "node:stream";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { ServiceError } from "../service-error.ts";

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_KEPT_UPLOAD_BYTES = 1024 * 1024;
const FIRST_GUESS_BYTES = 1024 * 1024;
const EMPTY_FRAME = Buffer.from("28b52ffd2000010000", "hex");

/** @throws {@link ServiceError} 413 past 64 MiB. */
export async function readBody(message: Readable): Promise<Uint8Array> {
  const { size, body } = await readUpTo(message, MAX_BODY_BYTES);
  if (size > MAX_BODY_BYTES) throw tooLarge();
  return body;
}

/** Reads an upload of any size: of a large one only the size is kept, so that memory stays flat. */
export function readUpload(message: Readable): Promise<Read> {
  return readUpTo(message, MAX_KEPT_UPLOAD_BYTES);
}

interface Read {
  readonly size: number;
  readonly body: Uint8Array;
}

/** Reads to the end also what is not kept: a client that still sends would see a reset instead of the answer. */
function readUpTo(message: Readable, most: number): Promise<Read> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    // By events: an iterator costs more than all else that a short body needs.
    message.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > most) chunks.length = 0;
      else chunks.push(chunk);
    });
    message.once("end", () => {
      const [only = new Uint8Array()] = chunks;
      resolve({ size, body: chunks.length > 1 ? Buffer.concat(chunks) : only });
    });
    message.once("error", reject);
    message.once("close", () => reject(new Error("the client left before its request was whole")));
  });
}

/**
 * Undoes one `content-encoding`: zstd, gzip, deflate or br.
 *
 * @throws {@link ServiceError} 415 for another coding, or for zstd where neither Node (22.15 and later) nor
 *   `@bokuweb/zstd-wasm` can do it; 400 when the bytes are not what the header says; 413 past 64 MiB.
 */
export async function decodeBody(bytes: Uint8Array, encoding: string | undefined): Promise<Uint8Array> {
  const name = encoding?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity") return bytes;
  const decode = await decoderOf(name);
  if (!decode) {
    throw new ServiceError(415, {
      message: `Unsupported content encoding '${name}'.`,
      code: "unsupported_content_encoding",
    });
  }
  try {
    return await decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw new ServiceError(400, {
      message: `The request body could not be decoded as ${name}.`,
      code: "invalid_content_encoding",
    });
  }
}

type Decoder = (bytes: Uint8Array) => Promise<Uint8Array>;
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

// The types of Node 20 do not have it.
function hasZstd(module: object): module is { readonly zstdDecompress: NativeDecoder } {
  return "zstdDecompress" in module && typeof module.zstdDecompress === "function";
}

function native(decode: NativeDecoder): Decoder {
  const decodeAsync = promisify(decode);
  return (bytes) => decodeAsync(bytes, { maxOutputLength: MAX_BODY_BYTES });
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
  // A client in this process may have initialised it; a second time would swap the memory under both.
  if (!succeeds(() => decode(EMPTY_FRAME, 1))) await wasm.init();
  return async (bytes) => {
    // A streamed frame does not say how large it is inside, and this codec needs to know: guess, and guess larger.
    for (let capacity = FIRST_GUESS_BYTES; ; capacity *= 4) {
      try {
        return decode(bytes, capacity);
      } catch (error) {
        if (capacity >= MAX_BODY_BYTES) throw error;
      }
    }
  };
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

function tooLarge(): ServiceError {
  return new ServiceError(413, {
    message: `The request body is larger than ${MAX_BODY_BYTES} bytes.`,
    code: "request_too_large",
  });
}
