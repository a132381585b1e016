import type { LookupFunction, Socket } from "node:net";
import { inspect } from "node:util";
import zlib, { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { followRedirect } from "../../../src/client/http/redirect.ts";
import { createDialer, type Dialer } from "../../../src/client/route/index.ts";
import { createTrust } from "../../../src/client/trust/index.ts";
import { beBusy } from "../../support/busy.ts";
import { closedPort, serve, serveTcp } from "../../support/serve.ts";
import { settle } from "../../support/standstill.ts";
import { errorOf, get, openTransport, post, textOf } from "../../support/transport.ts";

describe("a request", () => {
  it("arrives as it was given, and its answer comes back with status, headers and body", async () => {
    const server = await serve((_request, response) => response.writeHead(201, { "X-A": "1" }).end("created"));
    const answer = await openTransport().execute(post(`${server.url}/a/b?c=d`, "hello", { headers: { "x-own": "2" } }));
    expect(answer).toMatchObject({ status: 201, url: `${server.url}/a/b`, headers: { "x-a": "1" } });
    expect(Buffer.from(answer.body).toString()).toBe("created");
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      path: "/a/b?c=d",
      headers: { "x-own": "2", "content-length": "5" },
    });
    expect(server.requests[0]?.body.toString()).toBe("hello");
  });

  it("asks for no coding, sends no cookie and names no connection of its own", async () => {
    const server = await serve((_request, response) => response.end());
    await openTransport().execute(get(server.url));
    expect(Object.keys(server.requests[0]?.headers ?? {}).sort()).toEqual(["connection", "host"]);
  });

  it("streams an upload of unknown length", async () => {
    const server = await serve((_request, response) => response.end());
    async function* body() {
      yield Buffer.from("one ");
      yield Buffer.from("two");
    }
    await openTransport().execute({ method: "PUT", url: server.url, headers: {}, body: body() });
    expect(server.requests[0]?.body.toString()).toBe("one two");
  });

  it.each(["ftp://example.com", "example.com", ""])("to %j is a build error", async (url) => {
    await expect(openTransport().execute(get(url))).rejects.toMatchObject({ kind: "build" });
  });
});

describe("a connection", () => {
  it("serves one request after the other", async () => {
    const server = await serve((_request, response) => response.end("x"));
    const transport = openTransport();
    for (let i = 0; i < 3; i += 1) await transport.execute(get(server.url));
    expect(server.connections).toBe(1);
  });

  /** Takes the second request of the first connection and resets it: the moment that a keep-alive time-out and a request cross. */
  function resettingServer(onSecond = () => {}) {
    let requests = 0;
    return serveTcp((socket) => {
      socket.on("data", () => {
        requests += 1;
        if (requests !== 2) return void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
        onSecond();
        socket.resetAndDestroy();
      });
    });
  }

  // parity: retry/kept-connection
  it("is replaced at once when the server closed it while it was kept, and that is told", async () => {
    const { url } = await resettingServer();
    const transport = openTransport();
    await transport.execute(get(url));
    const reasons: unknown[] = [];
    const request = post(url, "again", { onResend: (reason) => reasons.push(reason) });
    expect((await transport.execute(request)).status).toBe(200);
    expect(reasons).toMatchObject([{ kind: "network", phase: "request" }]);
  });

  it("is not replaced where it breaks later: the server may have been at work", async () => {
    const now = performance.now.bind(performance);
    const { url } = await resettingServer(() => {
      const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + 1_000);
      onTestFinished(() => clock.mockRestore());
    });
    const transport = openTransport();
    await transport.execute(get(url));
    await expect(transport.execute(post(url, "again"))).rejects.toMatchObject({ kind: "network", phase: "request" });
  });

  it("that is in use, being made or asked for fails when the transport is closed", async () => {
    const sockets: Socket[] = [];
    const { url, port } = await serveTcp((socket) => {
      sockets.push(socket.resume());
      socket.write("HTTP/1.1 200 OK\r\n\r\nhalf");
    });
    const lookups: (() => void)[] = [];
    const lookup: LookupFunction = (_name, _options, found) =>
      void lookups.push(() => found(null, [{ address: "127.0.0.1", family: 4 }]));
    const dialer = createDialer({ trust: createTrust({ env: {} }), env: {}, lookup });
    const transport = openTransport({ dialer });
    const outcomes = Promise.allSettled([
      transport.execute(get(url)),
      transport.execute(get(`http://name.test:${port}`)),
    ]);
    await vi.waitUntil(() => lookups.length > 0 && sockets.length > 0);
    await transport.close();
    const closed = { reason: { kind: "network", code: "TRANSPORT_CLOSED", retryable: false } };
    expect(await outcomes).toMatchObject([closed, closed]);
    await expect(transport.execute(get(url))).rejects.toMatchObject(closed.reason);
    for (const answer of lookups) answer();
    await settle();
    expect(sockets.map(({ readableEnded }) => readableEnded)).toEqual([true]);
  });

  it.each([
    ["with an error", new Error("gone"), "gone"],
    ["without", undefined, "other side closed"],
  ])("that breaks %s between being made and being used is a network error", async (_how, fault, words) => {
    const { url } = await serve((_request, response) => response.end());
    const dialer = createDialer({ trust: createTrust({ env: {} }), env: {} });
    const dial: Dialer["dial"] = async (target, limits) => (await dialer.dial(target, limits)).destroy(fault);
    await expect(openTransport({ dialer: { ...dialer, dial } }).execute(get(url))).rejects.toMatchObject({
      kind: "network",
      phase: "request",
      message: expect.stringContaining(words),
    });
  });

  it("that is new and breaks before the answer is a network error", async () => {
    const server = await serveTcp((socket) => socket.once("data", () => socket.destroy()));
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({ kind: "network", phase: "request" });
  });

  it("to a port that nothing listens on says so", async () => {
    const port = await closedPort();
    const error = await errorOf(openTransport().execute(get(`http://127.0.0.1:${port}`)));
    expect(error).toMatchObject({ kind: "network", code: "ECONNREFUSED" });
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });
});

describe("a status outside 2xx", () => {
  it("is an error with status, URL without query, headers and the text", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(418, { "x-request-id": "r1" }).end("short and stout"),
    );
    const error = await errorOf(openTransport().stream(get(`${server.url}/pot?key=secret-in-query`)));
    expect(error).toMatchObject({
      kind: "http",
      status: 418,
      url: `${server.url}/pot`,
      body: "short and stout",
      headers: { "x-request-id": "r1" },
    });
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain("secret-in-query");
  });

  it("shows no credential that the server echoes, in any form of printing", async () => {
    const server = await serve((request, response) => {
      response.writeHead(401, { "x-echo": String(request.headers.authorization), "set-cookie": "session=topsecret" });
      response.end(JSON.stringify(request.headers));
    });
    const headers = { authorization: "Bearer sk-very-secret", "x-api-key": "another-secret" };
    const error = await errorOf(openTransport().execute(get(server.url, { headers })));
    const printed = [
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
      String(error),
      String(error.body),
    ];
    expect(printed.join("\n")).not.toMatch(/sk-very-secret|another-secret|topsecret/);
    expect(error.body).toContain("[redacted]");
  });

  // parity: stream/bounded
  it("keeps the beginning of an endless body", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(500);
      // Node 26 calls back for writes that go nowhere, at once, and leaves `destroyed` false: only a turn of the loop lets "close" come.
      let gone = false;
      response.once("close", () => {
        gone = true;
      });
      const more = () => gone || response.write("x".repeat(65_536), () => setImmediate(more));
      more();
    });
    const error = await errorOf(openTransport().execute(get(server.url)));
    expect((error.body as string).length).toBe(1024 * 1024);
    await server.cutResponses(1);
  });
});

describe("redirects", () => {
  // parity: redirect/rules, redirect/no-referer
  it("307 repeats the request with its body", async () => {
    const server = await serve((request, response) => {
      if (request.path === "/a") response.writeHead(307, { location: "/b" }).end();
      else response.end("done");
    });
    const answer = await openTransport().execute(
      post(`${server.url}/a`, "body", { headers: { authorization: "Bearer t" } }),
    );
    expect(answer.url).toBe(`${server.url}/b`);
    expect(server.requests[1]).toMatchObject({ method: "POST", path: "/b", headers: { authorization: "Bearer t" } });
    expect(server.requests[1]?.body.toString()).toBe("body");
    expect(server.requests[1]?.headers).not.toHaveProperty("referer");
  });

  // parity: redirect/rules
  it.each([301, 302, 303])("%i turns POST into GET without a body", async (status) => {
    const server = await serve((request, response) => {
      if (request.path === "/a") response.writeHead(status, { location: "/b" }).end();
      else response.end();
    });
    await openTransport().execute(post(`${server.url}/a`, "body"));
    expect(server.requests[1]).toMatchObject({ method: "GET", path: "/b" });
    expect(server.requests[1]?.headers).not.toHaveProperty("content-type");
    expect(server.requests[1]?.body.length).toBe(0);
  });

  // parity: redirect/credentials
  it("take no credential to another origin, whatever its header is called", async () => {
    const other = await serve((_request, response) => response.end());
    const server = await serve((_request, response) => response.writeHead(307, { location: other.url }).end());
    const headers = {
      authorization: "Bearer t",
      "x-gateway-key": "k",
      "chatgpt-account-id": "a",
      "content-type": "text/plain",
    };
    await openTransport().execute(post(server.url, "body", { headers }));
    expect(Object.keys(other.requests[0]?.headers ?? {}).sort()).toEqual([
      "connection",
      "content-length",
      "content-type",
      "host",
    ]);
  });

  // parity: redirect/rules
  it("end after ten", async () => {
    const server = await serve((_request, response) => response.writeHead(302, { location: "/again" }).end());
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({
      kind: "network",
      code: "TOO_MANY_REDIRECTS",
    });
    expect(server.requests.length).toBe(11);
  });

  it("to what is not HTTP are refused", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    );
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
  });

  it("from https to http are refused: the request would cross the network in clear", () => {
    const request = get("https://api.test/v1/a", { headers: { authorization: "Bearer t" } });
    const to = (location: string) => () => followRedirect(request, request.url, { status: 307, headers: { location } });
    expect(to("http://api.test/v1/b")).toThrow(/from https to http is not followed/);
    expect(to("//api.test/v1/b")()).toMatchObject({ url: "https://api.test/v1/b", headers: request.headers });
  });

  it("without a location are an answer like any other", async () => {
    const server = await serve((_request, response) => response.writeHead(302).end());
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({ kind: "http", status: 302 });
  });
});

describe("time-outs", () => {
  it("headers that arrived while the process was busy count", async () => {
    const { url } = await serveTcp((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
        beBusy(300);
      });
    });
    const { body } = await openTransport().execute(get(url, { timeouts: { headersMs: 100 } }));
    expect(Buffer.from(body).toString()).toBe("hi");
  });

  it("no headers: phase headers, and the connection is closed", async () => {
    const server = await serve(() => {});
    const request = get(server.url, { timeouts: { headersMs: 50 } });
    await expect(openTransport().execute(request)).rejects.toMatchObject({
      kind: "timeout",
      phase: "headers",
      timeoutMs: 50,
    });
    await server.cutResponses(1);
  });

  it("a body that stalls: phase idle", async () => {
    const server = await serve((_request, response) => void response.writeHead(200).write("start"));
    const request = get(server.url, { timeouts: { headersMs: 50 } });
    await expect(openTransport().execute(request)).rejects.toMatchObject({ kind: "timeout", phase: "idle" });
    await server.cutResponses(1);
  });

  it("the whole call: a body that never ends but never stalls", async () => {
    const server = await serve((_request, response) => {
      const timer = setInterval(() => response.write("x"), 5);
      response.on("close", () => clearInterval(timer));
    });
    const request = get(server.url, { timeouts: { headersMs: 10_000, totalMs: 100 } });
    await expect(openTransport().execute(request)).rejects.toMatchObject({ kind: "timeout", timeoutMs: 100 });
    await server.cutResponses(1);
  });
});

describe("the text of an error has the time that its caller gives", () => {
  const slowly = (text: string, everyMs: number) =>
    serve((_request, response) => {
      response.writeHead(503);
      let sent = 0;
      const timer = setInterval(() => (sent < text.length ? response.write(text[sent++]) : response.end()), everyMs);
      response.on("close", () => clearInterval(timer));
    });

  it("all of it, where it comes in time", async () => {
    const server = await slowly("no room", 20);
    const request = get(server.url, { timeouts: { headersMs: 10_000 } });
    await expect(openTransport().stream(request)).rejects.toMatchObject({ status: 503, body: "no room" });
  });

  it.each([
    ["headersMs, where it stalls", "no", { headersMs: 150 }],
    ["headersMs, where it never stalls", "x".repeat(100_000), { headersMs: 150 }],
    ["totalMs", "x".repeat(100_000), { headersMs: 60_000, totalMs: 150 }],
  ])("no longer than %s: the status is told with what has come", async (_what, text, timeouts) => {
    const server = await serve((_request, response) => {
      response.writeHead(503);
      if (text.length < 10) return void response.write(text);
      const timer = setInterval(() => response.write("x"), 5);
      response.on("close", () => clearInterval(timer));
    });
    const startedAt = performance.now();
    const error = await errorOf(openTransport().execute(get(server.url, { timeouts })));
    expect(error).toMatchObject({ kind: "http", status: 503, body: expect.stringMatching(/^(no|x+)$/) });
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    await server.cutResponses(1);
  });

  it("as long as it takes where headersMs is 0", async () => {
    const server = await slowly("no room", 20);
    const request = get(server.url, { timeouts: { headersMs: 0 } });
    await expect(openTransport().stream(request)).rejects.toMatchObject({ status: 503, body: "no room" });
  });

  it("and ends with the caller's abort, which is no status", async () => {
    const abort = new AbortController();
    const server = await serve((_request, response) => response.writeHead(503).write("x", () => abort.abort("enough")));
    const error = await errorOf(openTransport().execute(get(server.url, { signal: abort.signal })));
    expect(error).toMatchObject({ kind: "aborted", cause: "enough" });
    await server.cutResponses(1);
  });
});

describe("an abort", () => {
  it("before anything sends nothing", async () => {
    const server = await serve((_request, response) => response.end());
    const request = get(server.url, { signal: AbortSignal.abort("no") });
    await expect(openTransport().execute(request)).rejects.toMatchObject({ kind: "aborted", cause: "no" });
    expect(server.requests.length).toBe(0);
  });

  it("while waiting for headers closes the connection", async () => {
    const abort = new AbortController();
    const server = await serve(() => abort.abort("enough"));
    await expect(openTransport().execute(get(server.url, { signal: abort.signal }))).rejects.toMatchObject({
      kind: "aborted",
    });
    await server.cutResponses(1);
  });

  it("in the middle of the body closes the connection", async () => {
    const abort = new AbortController();
    const server = await serve((_request, response) => void response.writeHead(200).write("start"));
    const answer = await openTransport().stream(get(server.url, { signal: abort.signal }));
    const text = textOf(answer.body);
    abort.abort("enough");
    await expect(text).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
    await server.cutResponses(1);
  });
});

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

  it("that no decoder can be made for is a stream error, and its connection is closed", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).write("start"),
    );
    const broken = vi.spyOn(zlib, "createGunzip").mockImplementation(() => {
      throw new Error("out of memory");
    });
    onTestFinished(() => broken.mockRestore());
    const error = await errorOf(openTransport().stream(get(server.url)));
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
