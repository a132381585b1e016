import { Transform, type TransformCallback } from "node:stream";
import zlib from "node:zlib";
import { ProtocolError } from "../failure/kinds.ts";
import type { ByteSink, ByteStream } from "../transport.ts";

type Decoder = NodeJS.ReadWriteStream & { destroy(): void };

/** The origin's coding and a gateway's make two; more are probably an attack. */
const MOST_CODINGS = 5;

/**
 * Undoes `content-encoding`, a list in the order in which the codings were applied (RFC 9110 §8.4). This package never asks for a coding,
 * like the Rust client, but gateways and proxies compress without being asked.
 *
 * @throws {@link ProtocolError} A coding is unknown, or has no decoder in this process; `body` is cancelled.
 */
export function decodeContent(body: ByteStream, encoding: string | undefined): ByteStream {
  const codings = codingsOf(encoding);
  try {
    if (codings.length > MOST_CODINGS)
      throw new Error(`it has ${codings.length} content-encodings, and ${MOST_CODINGS} is the most that is undone`);
    const decoders = codings.map((coding) => ({ coding, decoder: decoderOf(coding) }));
    return decoders.reduceRight<ByteStream>(
      (encoded, { coding, decoder }) => new DecodedBody(encoded, coding, decoder),
      body,
    );
  } catch (cause) {
    body.cancel(); // the caller never gets it, so it is cancelled here
    throw new ProtocolError(`the response body cannot be decompressed: ${(cause as Error).message}`, { cause });
  }
}

/** True if every coding is known. */
export function isDecodable(encoding: string | undefined): boolean {
  return codingsOf(encoding).every((coding) => DECODERS.has(coding));
}

function codingsOf(encoding = ""): string[] {
  const names = encoding.split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "" && name !== "identity");
}

// Flushed after every read: an event must not wait inside the decoder for later bytes.
const flush = zlib.constants.Z_SYNC_FLUSH;

// The types of Node 20 do not include zstd.
interface ZlibWithZstd {
  createZstdDecompress?: (options: { flush: number }) => Decoder;
  constants: { ZSTD_e_flush: number };
}
const { createZstdDecompress, constants } = zlib as unknown as ZlibWithZstd;

const DECODERS: ReadonlyMap<string, () => Decoder> = new Map<string, () => Decoder>([
  ["gzip", () => zlib.createGunzip({ flush })],
  ["x-gzip", () => zlib.createGunzip({ flush })],
  ["deflate", () => new EitherInflate()],
  ["br", () => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH })],
  ...(createZstdDecompress ? ([["zstd", () => createZstdDecompress({ flush: constants.ZSTD_e_flush })]] as const) : []),
]);

function decoderOf(coding: string): Decoder {
  const create = DECODERS.get(coding);
  if (create) return create();
  const named = JSON.stringify(coding.slice(0, 40));
  const advice =
    coding === "zstd"
      ? "zstd needs Node 22.15 or later"
      : "the server, or a proxy or gateway before it, must send gzip, deflate, br or no content-encoding";
  throw new Error(`its content-encoding is ${named}, which cannot be undone here; ${advice}`);
}

/**
 * `deflate` is the zlib format, but some servers send raw deflate; the first byte tells which (RFC 1950 §2.2: the low half is 8 for zlib).
 */
class EitherInflate extends Transform {
  #inflate: zlib.Inflate | zlib.InflateRaw | undefined;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#inflate ??= this.#choose(chunk);
    this.#inflate.write(chunk, (error) => done(error));
  }

  override _flush(done: TransformCallback): void {
    const inflate = this.#inflate;
    if (!inflate) {
      done();
      return;
    }
    inflate.once("end", () => done());
    inflate.end();
  }

  override _read(size: number): void {
    this.#inflate?.resume();
    super._read(size);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inflate?.destroy();
    done(error);
  }

  #choose(chunk: Buffer): zlib.Inflate | zlib.InflateRaw {
    const isZlib = ((chunk[0] ?? 0) & 0x0f) === 8;
    const inflate = isZlib ? zlib.createInflate({ flush }) : zlib.createInflateRaw({ flush });
    inflate.on("data", (decoded: Buffer) => {
      if (!this.push(decoded)) inflate.pause();
    });
    inflate.on("error", (error) => this.destroy(error));
    return inflate;
  }
}

class DecodedBody implements ByteStream {
  readonly #encoded: ByteStream;
  readonly #coding: string;
  readonly #decoder: Decoder;
  #over = false;

  constructor(encoded: ByteStream, coding: string, decoder: Decoder) {
    this.#encoded = encoded;
    this.#coding = coding;
    this.#decoder = decoder;
  }

  pipe(sink: ByteSink): void {
    const encoded = this.#encoded;
    const decoder = this.#decoder;
    const finish = (end: () => void): void => {
      if (this.#over) return;
      this.#over = true;
      end();
    };
    decoder.on("data", (chunk: Uint8Array) => {
      if (!this.#over) sink.chunk(chunk);
    });
    decoder.on("drain", () => encoded.resume());
    decoder.on("end", () => finish(() => sink.end()));
    decoder.on("error", (cause: Error) =>
      finish(() => {
        encoded.cancel();
        sink.fail(undecodable(this.#coding, cause));
      }),
    );
    encoded.pipe({
      chunk: (chunk) => {
        if (!decoder.write(chunk)) encoded.pause();
      },
      end: () => decoder.end(),
      fail: (error) =>
        finish(() => {
          decoder.destroy();
          sink.fail(error);
        }),
    });
  }

  pause(): void {
    this.#decoder.pause();
  }

  resume(): void {
    this.#decoder.resume();
  }

  cancel(): void {
    this.#over = true;
    this.#encoded.cancel();
    this.#decoder.destroy();
  }
}

function undecodable(coding: string, cause: Error): ProtocolError {
  return new ProtocolError(
    `the response body cannot be decompressed (${cause.message}): it is not valid ${coding} or was truncated; a gateway or proxy that changes bodies can cause this`,
    { cause },
  );
}
