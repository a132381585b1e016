import { Readable } from "node:stream";
import zlib from "node:zlib";
import { compress } from "@bokuweb/zstd-wasm";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeBody, readBody } from "../../../src/emulator/http/body.ts";
import { zstdReady } from "../../support/zstd.ts";

const TEXT = Buffer.from("the quick brown fox ".repeat(100));
// Two mebibytes of zeros from a streaming encoder: the frame does not say how large it is inside.
const STREAMED_ZEROS = Buffer.from(
  `KLUv/QBYVAAAEAAAAQD7/znAAgIAEAAC${"ABAAAgAQAAIAEAAC".repeat(4)}ABAAAwAQACi1L/0gAAEAAA==`,
  "base64",
);

/** The same in any size: eight blocks of 128 KiB per MiB, each one byte with the number of its repetitions. */
function streamedZeros(mebibytes: number, header = "28b52ffd0050"): Buffer {
  const block = Buffer.from("02001000", "hex");
  const blocks = Array.from({ length: mebibytes * 8 }, () => block);
  return Buffer.concat([Buffer.from(header, "hex"), ...blocks, Buffer.from("010000", "hex")]);
}

beforeAll(zstdReady);

describe("content decoding", () => {
  it.each<[string, () => Uint8Array]>([
    ["zstd", () => compress(TEXT, 3)],
    ["gzip", () => zlib.gzipSync(TEXT)],
    ["deflate", () => zlib.deflateSync(TEXT)],
    ["br", () => zlib.brotliCompressSync(TEXT)],
    [" GZIP ", () => zlib.gzipSync(TEXT)],
    ["identity", () => TEXT],
    ["", () => TEXT],
  ])("decodes %j", async (encoding, encoded) => {
    expect(Buffer.from(await decodeBody(encoded(), encoding)).equals(TEXT)).toBe(true);
  });

  it("decodes zstd that was written as a stream", async () => {
    const decoded = Buffer.from(await decodeBody(STREAMED_ZEROS, "zstd"));
    expect(decoded.equals(Buffer.alloc(2 * 1024 * 1024))).toBe(true);
    expect(await decodeBody(streamedZeros(64), "zstd")).toHaveLength(64 * 1024 * 1024);
  });

  it("leaves a body without a coding unchanged", async () => {
    expect(await decodeBody(TEXT, undefined)).toBe(TEXT);
  });

  it.each([
    ["an unknown coding", TEXT, "lzma", 415],
    ["two codings", TEXT, "gzip, zstd", 415],
    ["bytes that are not gzip", TEXT, "gzip", 400],
    ["bytes that are not zstd", TEXT, "zstd", 400],
    ["a zstd frame that declares 1 GiB", streamedZeros(1024, "28b52ffd805000000040"), "zstd", 413],
    ["a zstd frame with more than 64 MiB that does not declare it", streamedZeros(65), "zstd", 413],
    ["a body that unpacks to more than 64 MiB", zlib.gzipSync(Buffer.alloc(65 * 1024 * 1024)), "gzip", 413],
  ])("refuses %s", async (_name, bytes, encoding, status) => {
    await expect(decodeBody(bytes, encoding)).rejects.toMatchObject({ name: "ServiceError", status });
  });
});

describe("reading a body", () => {
  it("joins the chunks", async () => {
    expect(Buffer.from(await readBody(Readable.from([Buffer.from("ab"), Buffer.from("c")]))).toString()).toBe("abc");
  });

  it("reads one that is too large to its end before refusing it", async () => {
    let chunks = 0;
    const chunk = Buffer.alloc(1024 * 1024);
    async function* large() {
      for (; chunks < 70; chunks += 1) yield chunk;
    }
    await expect(readBody(Readable.from(large()))).rejects.toMatchObject({ status: 413 });
    expect(chunks).toBe(70);
  });
});
