import { randomBytes } from "node:crypto";
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeContent } from "../../../../src/client/http/content-decoding.ts";
import type { ByteSink, ByteStream } from "../../../../src/client/transport.ts";
import { standstill } from "../../../support/standstill.ts";

const BROKE = new Error("other side closed");

/** A body that delivers its bytes in pieces until it is paused. */
class Pieces implements ByteStream {
  given = 0;
  isHeld = false;
  isCancelled = false;
  readonly #bytes: Uint8Array;
  readonly #breaks: boolean;
  #sink: ByteSink | undefined;

  constructor(bytes: Uint8Array, { breaks = false } = {}) {
    this.#bytes = bytes;
    this.#breaks = breaks;
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
    // As on a socket: the end can come with the last bytes.
    if (this.#breaks && this.given >= this.#bytes.length) this.#sink?.fail(BROKE);
    else setImmediate(this.#give);
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

it.each(CODINGS)("a paused reader of %s holds the connection back, and loses nothing", async (coding, bytes) => {
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

interface Outcome {
  readonly bytes: Buffer;
  /** Undefined if it ended normally. */
  readonly error: unknown;
}

/** @param rests - The reader rests after each chunk, for a turn. */
function outcomeOf(decoded: ByteStream, rests: boolean): Promise<Outcome> {
  const chunks: Uint8Array[] = [];
  return new Promise((resolve) => {
    const over = (error?: unknown): void => resolve({ bytes: Buffer.concat(chunks), error });
    decoded.pipe({
      chunk: (chunk) => {
        chunks.push(chunk);
        if (!rests) return;
        decoded.pause();
        setImmediate(() => decoded.resume());
      },
      end: over,
      fail: over,
    });
  });
}

describe.each([false, true])("a reader (pausing after each chunk: %s)", (rests) => {
  it.each(CODINGS)(
    "of %s gets everything that came before the connection broke, and then the error",
    async (coding, bytes) => {
      const { bytes: got, error } = await outcomeOf(decodeContent(new Pieces(bytes, { breaks: true }), coding), rests);
      expect(got.equals(plain)).toBe(true);
      expect(error).toBe(BROKE);
    },
  );

  it.each(CODINGS)("of %s that ends too early gets what arrived, and a stream error", async (coding, bytes) => {
    const cut = bytes.subarray(0, bytes.length - 1);
    const { bytes: got, error } = await outcomeOf(decodeContent(new Pieces(cut), coding), rests);
    expect(got.equals(plain.subarray(0, got.length))).toBe(true);
    expect(got.length).toBeGreaterThan(plain.length - 1024);
    expect(error).toMatchObject({ kind: "stream", outlook: "again", message: expect.stringContaining("broke off") });
  });

  it.each(["gzip", "br", "deflate"])(
    "of an empty body gets its end, even if %s is named as its coding",
    async (coding) => {
      const { bytes, error } = await outcomeOf(decodeContent(new Pieces(Buffer.alloc(0)), coding), rests);
      expect([bytes.length, error]).toEqual([0, undefined]);
    },
  );
});

it("a body that is paused before its first bytes waits", async () => {
  const body = new Pieces(gzipSync(plain));
  const decoded = decodeContent(body, "gzip");
  decoded.pause();
  const outcome = outcomeOf(decoded, false);
  expect(body.given).toBe(0);
  decoded.resume();
  expect((await outcome).bytes.equals(plain)).toBe(true);
});

it("an abandoned body is cancelled, and nothing more of it is delivered", async () => {
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
