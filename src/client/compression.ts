import { promisify } from "node:util";
import zlib from "node:zlib";
import { BodyPieces } from "./body-pieces.ts";
import type { Logger } from "./observe/log.ts";
import { oneOf } from "./options.ts";

export const COMPRESSIONS = ["none", "zstd", "gzip", "auto"] as const;
/** `auto` uses the best coding that this process has: zstd, else gzip. */
export type Compression = (typeof COMPRESSIONS)[number];

export interface EncodedBody {
  readonly bytes: Uint8Array | BodyPieces;
  /** Value for `content-encoding`; undefined if the bytes were not compressed. */
  readonly encoding: "zstd" | "gzip" | undefined;
}

/** The Rust client's level. */
const ZSTD_LEVEL = 3;

/**
 * Compresses a request body. If zstd is requested but neither Node (22.15 and later) nor the optional package `@bokuweb/zstd-wasm` provides
 * it, the body stays uncompressed and a log line says so.
 *
 * @throws {@link BuildError} `compression` is none of {@link COMPRESSIONS}.
 */
export async function compressBody(
  plain: Uint8Array | BodyPieces,
  compression: Compression,
  logger: Logger,
): Promise<EncodedBody> {
  if (compression === "none") return { bytes: plain, encoding: undefined };
  oneOf("compression", compression, COMPRESSIONS);
  const startedAt = performance.now();
  const encoded = await encode(plain instanceof BodyPieces ? plain.joined() : plain, compression, logger);
  if (encoded.encoding) {
    const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
    logger.debug(
      { encoding: encoded.encoding, bytesBefore: plain.byteLength, bytesAfter: encoded.bytes.byteLength, durationMs },
      "request body compressed",
    );
  }
  return encoded;
}

async function encode(
  bytes: Uint8Array,
  compression: Exclude<Compression, "none">,
  logger: Logger,
): Promise<EncodedBody> {
  if (compression !== "gzip") {
    const zstd = await zstdCodec();
    if (zstd) return { bytes: await zstd(bytes), encoding: "zstd" };
    if (compression === "zstd") {
      logger.warn(
        {},
        "zstd is not available in this process (Node 22.15 or the package @bokuweb/zstd-wasm provides it): the request body is sent uncompressed",
      );
      return { bytes, encoding: undefined };
    }
  }
  return { bytes: await promisify(zlib.gzip)(bytes), encoding: "gzip" };
}

type Codec = (bytes: Uint8Array) => Promise<Uint8Array>;

let codec: Promise<Codec | undefined> | undefined;

function zstdCodec(): Promise<Codec | undefined> {
  codec ??= "createZstdCompress" in zlib ? Promise.resolve(nativeZstd) : loadWasmZstd();
  return codec;
}

// The types of Node 20 do not include zstd. The streaming form is used because it writes the frame as the Rust client does,
// without a content size.
interface ZlibWithZstd {
  createZstdCompress(options: { params: Record<number, number> }): NodeJS.ReadWriteStream;
  constants: { ZSTD_c_compressionLevel: number };
}

function nativeZstd(bytes: Uint8Array): Promise<Uint8Array> {
  const { createZstdCompress, constants } = zlib as unknown as ZlibWithZstd;
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    stream.on("end", () => resolve(Buffer.concat(chunks)));
    stream.on("error", reject);
    stream.end(bytes);
  });
}

async function loadWasmZstd(): Promise<Codec | undefined> {
  try {
    const wasm = await import("@bokuweb/zstd-wasm");
    // Other code in this process may use it: a second `init` would replace the memory under running calls.
    if (!isReady(wasm)) await wasm.init();
    return async (bytes) => wasm.compress(bytes, ZSTD_LEVEL);
  } catch {
    return undefined;
  }
}

function isReady(wasm: { compress(bytes: Uint8Array, level: number): Uint8Array }): boolean {
  try {
    wasm.compress(new Uint8Array(1), ZSTD_LEVEL);
    return true;
  } catch {
    return false;
  }
}
