import { randomBytes } from "node:crypto";
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { decodeContent } from "../../../../src/client/http/content-decoding.ts";
import type { ByteSink, ByteStream } from "../../../../src/client/transport.ts";
import { standstill } from "../../../support/standstill.ts";

/** A body that gives its bytes in pieces, as long as nobody holds it. */
class Pieces implements ByteStream {
  given = 0;
  isHeld = false;
  isCancelled = false;
  readonly #bytes: Uint8Array;
  #sink: ByteSink | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  pipe(sink: ByteSink): void {
    this.#sink = sink;
    this.#give();
  }

  readonly #give = (): void => {
    if (this.isHeld || this.isCancelled) return;
    const piece = this.#bytes.subarray(this.given, this.given + 16_384);
    this.given += piece.length;
    if (piece.length === 0) return void this.#sink?.end();
    this.#sink?.chunk(piece);
    setImmediate(this.#give);
  };

  pause(): void {
    this.isHeld = true;
  }

  resume(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    setImmediate(this.#give);
  }

  cancel(): void {
    this.isCancelled = true;
  }
}

const plain = randomBytes(1024 * 1024);
const CODINGS = [
  ["gzip", gzipSync(plain)],
  ["deflate", deflateSync(plain)],
  ["deflate", deflateRawSync(plain)],
  ["br", brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ["gzip, gzip", gzipSync(gzipSync(plain))],
] as const;

it.each(CODINGS)("a reader of %s that rests holds the connection back, and loses nothing", async (coding, bytes) => {
  const body = new Pieces(bytes);
  const decoded = decodeContent(body, coding);
  const chunks: Uint8Array[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    decoded.pipe({
      chunk: (chunk) => {
        chunks.push(chunk);
        if (chunks.length === 1) decoded.pause();
      },
      end: resolve,
      fail: reject,
    });
  });
  await standstill(() => body.given, 100);
  expect(chunks).toHaveLength(1);
  expect(body.isHeld).toBe(true);
  expect(body.given).toBeLessThan(bytes.length / 2);
  decoded.resume();
  await ended;
  expect(Buffer.concat(chunks).equals(plain)).toBe(true);
});

it("a body that is left is cancelled below, and nothing more comes of it", async () => {
  const body = new Pieces(gzipSync(plain));
  const decoded = decodeContent(body, "gzip");
  let count = 0;
  await new Promise<void>((resolve) => {
    decoded.pipe({
      chunk: () => {
        count += 1;
        decoded.cancel();
        resolve();
      },
      end: () => {
        count += 1000;
      },
      fail: () => {
        count += 1000;
      },
    });
  });
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  expect({ count, isCancelled: body.isCancelled }).toEqual({ count: 1, isCancelled: true });
});
