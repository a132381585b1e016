import type { LookupFunction, Socket } from "node:net";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createDialer, type Dialer } from "../../../src/client/route/index.ts";
import { createTrust } from "../../../src/client/trust/index.ts";
import { closedPort, serve, serveTcp } from "../../support/serve.ts";
import { settle } from "../../support/standstill.ts";
import { errorOf, get, openTransport, post } from "../../support/transport.ts";

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
