import zlib from "node:zlib";
import { ProtocolError } from "../failure/kinds.ts";
import type { ByteSink, ByteStream } from "../transport.ts";

/**
 * Undoes `content-encoding` (RFC 9110 §8.4). No coding is ever asked for, as in the reference, but gateways and proxies compress
 * unasked. An unknown coding is left as it is.
 *
 * @throws {@link ProtocolError} No decoder can be made; `body` is cancelled.
 */
export function decodeContent(body: ByteStream, encoding: string | undefined): ByteStream {
  const create = DECODERS.get(encoding?.trim().toLowerCase() ?? "identity");
  if (!create) return body;
  try {
    return new DecodedBody(body, create());
  } catch (cause) {
    body.cancel(); // nobody else will: the caller never gets it
    throw new ProtocolError(`the response body cannot be decompressed (${String(cause)})`, { cause });
  }
}

// Flushed after every read: an event must not wait inside the decoder for the bytes that follow it.
const flush = zlib.constants.Z_SYNC_FLUSH;
const DECODERS: ReadonlyMap<string, () => NodeJS.ReadWriteStream & { destroy(): void }> = new Map([
  ["gzip", () => zlib.createGunzip({ flush })],
  ["x-gzip", () => zlib.createGunzip({ flush })],
  ["deflate", () => zlib.createInflate({ flush })],
  ["br", () => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH })],
]);

class DecodedBody implements ByteStream {
  readonly #encoded: ByteStream;
  readonly #decoder: NodeJS.ReadWriteStream & { destroy(): void };
  #over = false;

  constructor(encoded: ByteStream, decoder: NodeJS.ReadWriteStream & { destroy(): void }) {
    this.#encoded = encoded;
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
        sink.fail(new ProtocolError(`the response body cannot be decompressed (${cause.message})`, { cause }));
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
