import zlib from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { HttpError } from "../../../src/client/failure/kinds.ts";
import { serve, serveTcp } from "../../support/serve.ts";
import { abortListeners, failureOf, printed, watchHandles } from "../proxy/support.ts";
import { answer101, type RawPeer, serveRaw } from "./raw-server.ts";
import { open } from "./support.ts";

const SECRET = "sk-secret-1234567890";

describe("a refused handshake", () => {
  it("is an http error with status, ws URL, headers and text, without the credentials", async () => {
    const server = await serve((request, response) => {
      response.writeHead(403, {
        "x-request-id": "r1",
        "set-cookie": "a=b",
        "x-echo": request.headers.authorization ?? "",
      });
      response.end(`no entry for ${request.headers.authorization}`);
    });
    const error = await failureOf(
      open(`${server.url}/responses?key=hidden`, { headers: { authorization: `Bearer ${SECRET}` } }),
    );
    const { status, url, headers, body } = error as unknown as HttpError;
    expect({ kind: error.kind, status, url, body }).toEqual({
      kind: "http",
      status: 403,
      url: `${server.url.replace("http", "ws")}/responses`,
      body: "no entry for Bearer [redacted]",
    });
    expect(headers).toMatchObject({ "x-request-id": "r1", "set-cookie": "[redacted]", "x-echo": "Bearer [redacted]" });
    expect(printed(error)).not.toMatch(new RegExp(`${SECRET}|hidden`));
  });

  it.each([301, 500, 502, 504])("has sent no request, whatever its status: %d", async (status) => {
    const server = await serve((_request, response) => void response.writeHead(status).end());
    expect(await failureOf(open(server.url))).toMatchObject({ kind: "http", status, replay: "safe" });
  });

  it("is not redirected", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(307, { location: "http://127.0.0.1:1/elsewhere" }).end();
    });
    expect(await failureOf(open(server.url))).toMatchObject({ kind: "http", status: 307 });
    expect(server.requests.length + server.connections).toBe(2);
  });

  it("keeps its status and text where the server sends more than it has announced", async () => {
    const head = "HTTP/1.1 401 Unauthorized\r\nx-request-id: r1\r\ncontent-length: 9\r\n\r\n";
    const server = await serveTcp(
      (socket) => void socket.once("data", () => socket.end(`${head}not for you, whoever you are`)),
    );
    expect(await failureOf(open(server.url))).toMatchObject({ kind: "http", status: 401, body: "not for y" });
  });

  it("may have status 200: the page of a captive portal", async () => {
    const server = await serve((_request, response) => void response.end("<html>log in</html>"));
    expect(await failureOf(open(server.url))).toMatchObject({ kind: "http", status: 200, body: "<html>log in</html>" });
  });

  it("keeps 1 MiB of an endless text, and closes the connection", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(500);
      const write = (): void => {
        while (response.write("x".repeat(65_536)));
        response.once("drain", write);
      };
      write();
    });
    const error = await failureOf(open(server.url));
    expect(error).toMatchObject({ kind: "http", status: 500 });
    expect(String(error.body).length).toBe(1024 * 1024);
    await server.cutResponses(1);
  });

  it.each(["__proto__", "constructor", "hasOwnProperty"])(
    "keeps its status and text with the content coding %s",
    async (coding) => {
      const server = await serveTcp((socket) => {
        socket.once("data", () =>
          socket.write(`HTTP/1.1 403 Forbidden\r\ncontent-encoding: ${coding}\r\ncontent-length: 2\r\n\r\nno`),
        );
      });
      expect(await failureOf(open(server.url))).toMatchObject({ kind: "http", status: 403, body: "no" });
    },
  );

  it("keeps its status where its text cannot be read, and says why", async () => {
    const server = await serveTcp((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 403 Forbidden\r\ncontent-encoding: gzip\r\n\r\nany"));
    });
    const broken = vi.spyOn(zlib, "createGunzip").mockImplementation(() => {
      throw new Error("out of memory");
    });
    onTestFinished(() => broken.mockRestore());
    expect(await failureOf(open(server.url))).toMatchObject({
      kind: "http",
      status: 403,
      body: expect.stringContaining("out of memory"),
    });
  });

  it("keeps its status when its text never comes", async () => {
    const server = await serveTcp((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 426 Upgrade Required\r\ncontent-length: 100\r\n\r\nhalf"));
    });
    expect(await failureOf(open(server.url, { connectTimeoutMs: 300 }))).toMatchObject({ kind: "http", status: 426 });
  });
});

describe("a handshake that fails in another way", () => {
  const cases: { name: string; answer: string | ((key: string) => string); expected: object; message?: RegExp }[] = [
    {
      name: "an answer that is no HTTP",
      answer: "SSH-2.0-OpenSSH\r\n",
      expected: { kind: "network", code: "HPE_INVALID_CONSTANT" },
    },
    {
      name: "a wrong accept key",
      answer: () => answer101("another key"),
      expected: { kind: "network", phase: "request" },
      message: /Invalid Sec-WebSocket-Accept/,
    },
    {
      name: "an extension that nobody offered",
      answer: (key) => answer101(key, ["Sec-WebSocket-Extensions: x-foo"]),
      expected: { kind: "network" },
      message: /extension/,
    },
    {
      name: "a subprotocol that nobody asked for",
      answer: (key) => answer101(key, ["Sec-WebSocket-Protocol: chat"]),
      expected: { kind: "network" },
      message: /subprotocol/,
    },
  ];
  it.each(cases)("$name is a network error", async ({ answer, expected, message }) => {
    const peers: RawPeer[] = [];
    const server = await serveRaw((peer) => peers.push(peer), { answer });
    const error = await failureOf(open(server.url));
    expect(error).toMatchObject({ ...expected, replay: "safe" });
    if (message) expect(error.message).toMatch(message);
    await peers[0]?.closed;
  });

  it("closed instead of answered: stream error `websocket closed`", async () => {
    const server = await serveTcp((socket) => void socket.once("data", () => socket.end()));
    expect(await failureOf(open(server.url))).toMatchObject({
      kind: "stream",
      message: expect.stringMatching(/^websocket closed: ws:\/\/127\.0\.0\.1:\d+\/? hung up/),
      retryable: true,
      replay: "safe",
    });
  });

  it("reset instead of answered: a network error with its code", async () => {
    const server = await serveTcp((socket) => void socket.once("data", () => socket.resetAndDestroy()));
    expect(await failureOf(open(server.url))).toMatchObject({
      kind: "network",
      code: "ECONNRESET",
      replay: "safe",
    });
  });

  it("never answered: a timeout of phase connect, and the connection is gone", async () => {
    const peers: RawPeer[] = [];
    const server = await serveRaw((peer) => peers.push(peer), { answer: false });
    const error = await failureOf(open(server.url, { connectTimeoutMs: 200 }));
    expect(error).toMatchObject({ kind: "timeout", phase: "connect", timeoutMs: 200 });
    expect(error.message).toMatch(/did not answer the handshake/);
    await peers[0]?.closed;
  });

  it("an unsendable header is a build error, nothing is sent, and the value is not shown", async () => {
    const peers: RawPeer[] = [];
    const server = await serveRaw((peer) => peers.push(peer));
    const error = await failureOf(open(server.url, { headers: { authorization: `Bearer ${SECRET}\n` } }));
    expect(error).toMatchObject({ kind: "build" });
    expect(printed(error)).not.toContain(SECRET);
    expect(peers).toHaveLength(0);
  });

  it.each(["ftp://host/x", "no url"])("%s is a build error", async (url) => {
    expect(await failureOf(open(url))).toMatchObject({ kind: "build" });
  });
});

describe("an abort", () => {
  it("before the start: nothing is opened", async () => {
    const server = await serve(() => {});
    const error = await failureOf(open(server.url, { signal: AbortSignal.abort("why") }));
    expect(error).toMatchObject({ kind: "aborted", cause: "why" });
    expect(server.connections).toBe(0);
  });

  it("during the handshake: at once, with the connection gone and no listener left", async () => {
    const controller = new AbortController();
    const isBack = watchHandles();
    const peers: RawPeer[] = [];
    const server = await serveRaw(
      (peer) => {
        peers.push(peer);
        controller.abort("enough");
      },
      { answer: false },
    );
    expect(await failureOf(open(server.url, { signal: controller.signal }))).toMatchObject({
      kind: "aborted",
      cause: "enough",
    });
    await peers[0]?.closed;
    expect(abortListeners(controller.signal)).toBe(0);
    await isBack();
  });

  it("while a refusal is read: aborted, not http", async () => {
    const controller = new AbortController();
    const server = await serveTcp((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 500 No\r\ncontent-length: 100\r\n\r\nhalf", () =>
          setImmediate(() => controller.abort()),
        );
      });
    });
    expect(await failureOf(open(server.url, { signal: controller.signal }))).toMatchObject({ kind: "aborted" });
  });

  it("leaves no listener on the signal of an open connection", async () => {
    const controller = new AbortController();
    const server = await serveRaw();
    await open(server.url, { signal: controller.signal });
    expect(abortListeners(controller.signal)).toBe(0);
  });
});
