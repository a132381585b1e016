import { describe, expect, it } from "vitest";
import { beBusy } from "../../support/busy.ts";
import { serve, serveTcp } from "../../support/serve.ts";
import { errorOf, get, openTransport, textOf } from "../../support/transport.ts";

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
