import zlib from "node:zlib";
import { ProtocolError, StreamError } from "../failure/kinds.ts";
import type { ByteSink, ByteStream } from "../transport.ts";

type Decoder = zlib.Gunzip; // every decoder of Node has these methods
/** @param first - The first bytes, which tell between two formats of one coding. */
type CreateDecoder = (first: Uint8Array) => Decoder;

/** The origin's coding and a gateway's make two; more are probably an attack. */
const MOST_CODINGS = 5;

/**
 * Undoes `content-encoding`, a list in the order in which the codings were applied (RFC 9110 §8.4). This package never asks for a coding,
 * like the Rust client, but gateways and proxies compress without being asked. An empty body needs no decoding: servers name a coding
 * beside it too.
 *
 * @throws {@link ProtocolError} A coding is unknown, or has no decoder in this process; `body` is cancelled.
 */
export function decodeContent(body: ByteStream, encoding: string | undefined): ByteStream {
  const codings = codingsOf(encoding);
  try {
    if (codings.length > MOST_CODINGS)
      throw new Error(`it has ${codings.length} content-encodings, and ${MOST_CODINGS} is the most that is undone`);
    const decoders = codings.map((coding) => ({ coding, create: decoderOf(coding) }));
    return decoders.reduceRight<ByteStream>(
      (encoded, { coding, create }) => new DecodedBody(encoded, coding, create),
      body,
    );
  } catch (cause) {
    body.cancel(); // the caller never gets it, so it is cancelled here
    throw undecodable((cause as Error).message, cause);
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

const DECODERS: ReadonlyMap<string, CreateDecoder> = new Map<string, CreateDecoder>([
  ["gzip", () => zlib.createGunzip({ flush })],
  ["x-gzip", () => zlib.createGunzip({ flush })],
  // `deflate` is the zlib format, but some servers send raw deflate (RFC 1950 §2.2: the low half of the first byte is 8 for zlib).
  [
    "deflate",
    ([first = 0]) => ((first & 0x0f) === 8 ? zlib.createInflate({ flush }) : zlib.createInflateRaw({ flush })),
  ],
  ["br", () => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH })],
  ...(createZstdDecompress ? ([["zstd", () => createZstdDecompress({ flush: constants.ZSTD_e_flush })]] as const) : []),
]);

function decoderOf(coding: string): CreateDecoder {
  const create = DECODERS.get(coding);
  if (create) return create;
  const named = JSON.stringify(coding.slice(0, 40));
  const advice =
    coding === "zstd"
      ? "zstd needs Node 22.15 or later"
      : "the server, or a proxy or gateway before it, must send gzip, deflate, br or no content-encoding";
  throw new Error(`its content-encoding is ${named}, which cannot be undone here; ${advice}`);
}

class DecodedBody implements ByteStream {
  readonly #encoded: ByteStream;
  readonly #coding: string;
  readonly #create: CreateDecoder;
  /** Made for the first bytes. */
  #decoder: Decoder | undefined;
  #sink: ByteSink | undefined;
  #isPaused = false;
  #over = false;
  /** Number of chunks that the decoder has not taken in full. */
  #writing = 0;
  /** How the encoded body ended: waits until everything that came before is delivered. */
  #end: (() => void) | undefined;

  constructor(encoded: ByteStream, coding: string, create: CreateDecoder) {
    this.#encoded = encoded;
    this.#coding = coding;
    this.#create = create;
  }

  pipe(sink: ByteSink): void {
    this.#sink = sink;
    this.#encoded.pipe({
      chunk: (chunk) => this.#decode(chunk),
      end: () => {
        this.#end = () => (this.#decoder ? this.#decoder.end() : this.#finish(() => sink.end()));
        this.#settle();
      },
      fail: (error) => {
        this.#end = () => this.#fail(error);
        this.#settle();
      },
    });
  }

  pause(): void {
    this.#isPaused = true;
    if (this.#decoder) this.#decoder.pause();
    else this.#encoded.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#decoder?.resume();
    if (!this.#decoder?.writableNeedDrain) this.#encoded.resume();
    this.#settle();
  }

  cancel(): void {
    this.#over = true;
    this.#encoded.cancel();
    this.#decoder?.destroy();
  }

  #decode(chunk: Uint8Array): void {
    if (this.#over || chunk.length === 0) return;
    try {
      this.#decoder ??= this.#open(chunk);
    } catch (cause) {
      this.#encoded.cancel();
      this.#fail(undecodable((cause as Error).message, cause));
      return;
    }
    this.#writing += 1;
    const goesOn = this.#decoder.write(chunk, (error) => {
      this.#writing -= 1;
      if (!error) this.#settle();
    });
    if (!goesOn) this.#encoded.pause();
  }

  #open(first: Uint8Array): Decoder {
    const decoder = this.#create(first);
    decoder.on("data", (chunk: Uint8Array) => {
      if (!this.#over) this.#sink?.chunk(chunk);
      this.#settle();
    });
    if (this.#isPaused) decoder.pause();
    decoder.on("drain", () => this.#encoded.resume());
    decoder.on("end", () => this.#finish(() => this.#sink?.end()));
    decoder.on("error", (cause: NodeJS.ErrnoException) => {
      this.#encoded.cancel();
      this.#fail(cause.code === CUT_OFF ? brokenOff(this.#coding, cause) : invalid(this.#coding, cause));
    });
    return decoder;
  }

  /** Ends the body if everything is delivered: a decoder that fails or is destroyed drops what has not been read of it. */
  #settle(): void {
    if (this.#over || this.#isPaused || this.#writing > 0 || (this.#decoder?.readableLength ?? 0) > 0) return;
    const end = this.#end;
    this.#end = undefined;
    end?.();
  }

  #fail(error: unknown): void {
    this.#finish(() => {
      this.#decoder?.destroy();
      this.#sink?.fail(error);
    });
  }

  #finish(end: () => void): void {
    if (this.#over) return;
    this.#over = true;
    end();
  }
}

/** `code` of every decoder's error for an input that ends too early. */
const CUT_OFF = "Z_BUF_ERROR";

/** A body without a stated length ends where its connection breaks, so this is a broken connection. */
function brokenOff(coding: string, cause: NodeJS.ErrnoException): StreamError {
  return new StreamError(`the response body broke off (its ${coding} coding ends too early: ${cause.message})`, {
    code: CUT_OFF,
    cause,
  });
}

function invalid(coding: string, cause: Error): ProtocolError {
  return undecodable(
    `it is not valid ${coding} (${cause.message}); a gateway or proxy that changes bodies can cause this`,
    cause,
  );
}

function undecodable(why: string, cause: unknown): ProtocolError {
  return new ProtocolError(`the response body cannot be decompressed: ${why}`, { cause });
}
