import zlib, { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { serve, serveTcp } from "../../support/serve.ts";
import { errorOf, get, openTransport } from "../../support/transport.ts";

describe("a body", () => {
  // parity: stream/bounded
  it("over the bound of execute is refused", async () => {
    const server = await serve((_request, response) => response.end("x".repeat(1000)));
    const transport = openTransport({ maxBodyBytes: 999 });
    await expect(transport.execute(get(server.url))).rejects.toMatchObject({
      kind: "limit",
      what: "body",
      limit: 999,
      unit: "bytes",
    });
  });

  it("that breaks off is a stream error", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("only this", () => response.destroy());
    });
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({ kind: "stream" });
  });

  it("that was compressed unasked is decoded, as it comes", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("hello")),
    );
    const answer = await openTransport().execute(get(server.url));
    expect(Buffer.from(answer.body).toString()).toBe("hello");
  });

  it.each(["gzip", "br", "deflate"])("that is empty is empty, although %s is named beside it", async (coding) => {
    const server = await serve((_request, response) => response.writeHead(204, { "content-encoding": coding }).end());
    expect((await openTransport().execute(get(server.url))).body).toHaveLength(0);
  });

  it("that is not what its coding says is a protocol error", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end("plain"),
    );
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({ kind: "protocol" });
  });

  it.each(["__proto__", "constructor", "gzip, lzw"])(
    "is an error that names its coding where that is %s",
    async (coding) => {
      const server = await serve((_request, response) =>
        response.writeHead(200, { "content-encoding": coding }).end("plain"),
      );
      const named = coding.split(", ").at(-1);
      await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({
        kind: "protocol",
        message: expect.stringContaining(`its content-encoding is "${named}", which cannot be undone here`),
      });
    },
  );

  it("under more codings than anybody needs is an error, and none of them is undone", async () => {
    const encoding = Array.from({ length: 6 }, () => "gzip").join(", ");
    const server = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": encoding }).end("plain"),
    );
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({
      kind: "protocol",
      message: expect.stringContaining("it has 6 content-encodings, and 5 is the most that is undone"),
    });
  });

  it("in zstd is decoded where Node can, and elsewhere the error names the version that can", async () => {
    // One block as it is (RFC 8878): magic number, the size in one byte, a last raw block of five bytes.
    const packed = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 0x29, 0, 0, ...Buffer.from("hello")]);
    const server = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": "zstd" }).end(packed),
    );
    const answer = openTransport().execute(get(server.url));
    if ("createZstdDecompress" in zlib) {
      expect(Buffer.from((await answer).body).toString()).toBe("hello");
    } else {
      await expect(answer).rejects.toMatchObject({
        kind: "protocol",
        message: expect.stringContaining("zstd needs Node 22.15 or later"),
      });
    }
  });

  it.each<[string, (text: string) => Buffer]>([
    ["gzip, br", (text) => zlib.brotliCompressSync(zlib.gzipSync(text))],
    ["identity, gzip", (text) => zlib.gzipSync(text)],
    ["x-gzip", (text) => zlib.gzipSync(text)],
    ["gzip, identity", (text) => zlib.gzipSync(text)],
    ["deflate", (text) => zlib.deflateRawSync(text)],
    ["deflate, gzip", (text) => zlib.gzipSync(zlib.deflateSync(text))],
  ])("with the codings %s is read", async (codings, encode) => {
    const text = "plain ".repeat(50_000);
    const server = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": codings }).end(encode(text)),
    );
    const { body } = await openTransport().execute(get(server.url));
    expect(Buffer.from(body).toString()).toBe(text);
  });

  it.each([
    ["an unasked 100 Continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"],
    [
      "a 103 and a 100",
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    ],
    ["a head of 200 KiB", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(200_000)}\r\ncontent-length: 2\r\n\r\nok`],
    [
      "content-length beside chunked",
      "HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
    ["content-length twice", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length: 2\r\n\r\nok"],
    ["content-length as a list of one", "HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok"],
  ])("behind %s is read, in one piece and byte by byte, and again on a kept connection", async (_what, answer) => {
    let served = 0;
    const server = await serveTcp((socket) =>
      socket.setNoDelay(true).on("data", async () => {
        served += 1;
        if (served % 2 === 1 || answer.length > 10_000) return void socket.write(answer);
        for (const byte of answer) {
          socket.write(byte);
          await new Promise(setImmediate);
        }
      }),
    );
    const transport = openTransport();
    for (let round = 0; round < 3; round += 1) {
      expect(Buffer.from((await transport.execute(get(server.url))).body).toString()).toBe("ok");
    }
  });

  it.each([
    [
      "a head of 300 KiB",
      `HTTP/1.1 200 OK\r\nx: ${"y".repeat(300_000)}\r\n\r\n`,
      "more than 256 KiB of response headers",
    ],
    ["a TLS alert", "\x15\x03\x03\x00\x02\x02\x28", "uses TLS: write https://"],
    ["another protocol", "220 mail.example.test ESMTP\r\n", "cannot be read as HTTP"],
    [
      "two different lengths",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
      "cannot be read as HTTP",
    ],
  ])("behind %s is a final error that says so", async (_what, answer, text) => {
    const server = await serveTcp((socket) => socket.once("data", () => socket.write(answer, "latin1")));
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({
      kind: "network",
      retryable: false,
      message: expect.stringContaining(text),
    });
  });

  it("that no decoder can be made for is a protocol error, and its connection is closed", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).write("start"),
    );
    const broken = vi.spyOn(zlib, "createGunzip").mockImplementation(() => {
      throw new Error("out of memory");
    });
    onTestFinished(() => broken.mockRestore());
    const error = await errorOf(openTransport().execute(get(server.url)));
    expect([error.kind, error.message]).toEqual(["protocol", expect.stringContaining("out of memory")]);
    await server.cutResponses(1);
  });

  it("waits for its reader, and stops while it is paused", async () => {
    const server = await serve((_request, response) => response.end("x".repeat(4 * 1024 * 1024)));
    const { body } = await openTransport().stream(get(server.url));
    let bytes = 0;
    let paused = false;
    await new Promise<void>((resolve, reject) => {
      body.pipe({
        chunk(chunk) {
          expect(paused).toBe(false);
          bytes += chunk.length;
          body.pause();
          paused = true;
          setImmediate(() => {
            paused = false;
            body.resume();
          });
        },
        end: resolve,
        fail: reject,
      });
    });
    expect(bytes).toBe(4 * 1024 * 1024);
  });

  it("that is left closes its connection", async () => {
    const server = await serve((_request, response) => void response.writeHead(200).write("start"));
    const { body } = await openTransport().stream(get(server.url));
    body.cancel();
    await server.cutResponses(1);
  });
});
