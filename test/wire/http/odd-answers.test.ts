import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { apiKeyAuth, noAuth } from "../../../src/api/auth.ts";
import { CallsClient } from "../../../src/api/endpoints/calls.ts";
import { CompactClient } from "../../../src/api/endpoints/compact/client.ts";
import { FilesClient } from "../../../src/api/endpoints/files/client.ts";
import { ImagesClient } from "../../../src/api/endpoints/images/client.ts";
import { MemoriesClient } from "../../../src/api/endpoints/memories/client.ts";
import { ModelsClient } from "../../../src/api/endpoints/models/client.ts";
import { SearchClient } from "../../../src/api/endpoints/search.ts";
import { mapHttpError } from "../../../src/api/refusal/answer.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { ResponsesWebSocketClient } from "../../../src/api/responses/websocket/client.ts";
import { TurnState } from "../../../src/api/service/call-options.ts";
import type { ServiceOptions } from "../../../src/api/service/options.ts";
import { HttpError } from "../../../src/client/failure/kinds.ts";
import { clientOptions, emulate, readEvents } from "../../support/clients.ts";
import { recordLog } from "../../support/log-lines.ts";
import { serve, serveTcp } from "../../support/serve.ts";
import { errorOf, get, openTransport, post, textOf } from "../../support/transport.ts";

const KEY = "sk-never-to-be-shown";
const MEMORIES = { model: "m", traces: [{ id: "t", metadata: { source_path: "p" }, items: [] }] };
const COMPACTION = { model: "m", input: "hi" };
const IMAGE = { model: "m", prompt: "p" };
const FILE = { name: "f", bytes: Buffer.from("x") };

describe("a server that echoes bytes instead of speaking HTTP", () => {
  const credentials = { headers: { authorization: `Bearer ${KEY}` } };

  it.each([
    ["in place of the headers", ""],
    ["in the middle of the body", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"],
  ])("%s: no form of printing the error shows the credentials", async (_where, before) => {
    const { url } = await serveTcp((socket) => {
      socket.once("data", (request) => socket.write(Buffer.concat([Buffer.from(before), request])));
    });
    const error = await errorOf(openTransport().execute(get(url, credentials)));
    expect(error.kind).toBe(before === "" ? "network" : "stream");
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain(KEY);
  });
});

describe("a request that HTTP/1.1 cannot carry", () => {
  it.each([
    ["transfer-encoding", "chunked"],
    ["expect", "100-continue"],
    ["keep-alive", "timeout=5"],
    ["upgrade", "websocket"],
    ["content-length", "5"],
  ])("with the header %s is a build error, and its connection is closed", async (name, value) => {
    let closed!: () => void;
    const closing = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { url } = await serveTcp((socket) => socket.on("close", closed).resume());
    const error = await errorOf(openTransport().stream(post(url, "a body", { headers: { [name]: value } })));
    expect(error.kind).toBe("build");
    expect(error.message).toContain(name);
    await closing;
  });
});

describe("a key in the address that a redirect names is shown nowhere", () => {
  const KEY = "sk-never-shown-1";

  async function redirected(onward: (path: string, response: ServerResponse) => void) {
    const { url } = await serve(({ path }, response) => {
      if (path === "/") response.writeHead(302, { location: `/echo/${KEY}` }).end();
      else onward(path, response);
    });
    const log = recordLog();
    const request = get(url, { headers: { authorization: `Bearer ${KEY}` }, timeouts: { headersMs: 1_000 } });
    const error = await errorOf(openTransport({ logger: log }).execute(request));
    expect(inspect([error, log.lines], { showHidden: true, depth: 9 })).not.toContain(KEY);
    return { error, shown: `${url}/echo/[redacted]` };
  }

  it("where that refuses", async () => {
    const { error, shown } = await redirected((path, response) =>
      response.writeHead(404, { "x-path": path }).end(path),
    );
    expect(error).toMatchObject({ status: 404, url: shown });
  });

  it("where that breaks", async () => {
    const { error, shown } = await redirected((_path, response) => void response.destroy());
    expect(error).toMatchObject({ kind: "network", message: expect.stringContaining(shown) });
  });

  it("where that redirects for ever", async () => {
    const { error, shown } = await redirected((path, response) => response.writeHead(302, { location: path }).end());
    expect(error).toMatchObject({ code: "TOO_MANY_REDIRECTS", message: expect.stringContaining(shown) });
  });
});

describe("a signal that has fired", () => {
  it("sends nothing on a kept connection either", async () => {
    const server = await serve((_request, response) => response.end("ok"));
    const transport = openTransport();
    await textOf((await transport.stream(get(server.url))).body);
    const error = await errorOf(transport.stream(get(server.url, { signal: AbortSignal.abort("gone") })));
    expect([error.kind, error.cause]).toEqual(["aborted", "gone"]);
    await textOf((await transport.stream(get(server.url))).body);
    expect([server.requests.length, server.connections]).toEqual([2, 1]);
  });
});

describe("a response header with a sign outside ASCII counts as absent", () => {
  it("before a stream, and the turn goes on without it", async () => {
    const odd = ["openai-model", "x-models-etag", "x-codex-turn-state", "x-codex-primary-limit-name", "x-request-id"];
    const server = await serve((_request, response) => {
      for (const name of odd) response.setHeader(name, "é");
      response.writeHead(200, {
        "content-type": "text/event-stream",
        "x-oai-request-id": "r2",
        "x-codex-limit-name": "é",
      });
      response.end('data: {"type":"response.completed","response":{"id":"r"}}\n\n');
    });
    const client = new ResponsesClient(clientOptions(server.url));
    const turnState = new TurnState();
    for (const each of [1, 2]) {
      const stream = await client.streamBody({ each }, { turnState });
      expect(stream.requestId).toBe("r2");
      expect(stream.headers["x-request-id"]).toBe("é");
      const { events } = await readEvents(stream);
      expect(events).toEqual([
        { type: "rate_limits", snapshot: { limitId: "codex" } },
        { type: "completed", responseId: "r" },
      ]);
    }
    expect(turnState.value).toBeUndefined();
  });

  it("in a refusal", async () => {
    const names = ["x-request-id", "cf-ray", "x-openai-authorization-error", "x-codex-promo-message"];
    const server = await serve((_request, response) => {
      for (const name of [...names, "x-codex-active-limit"]) response.setHeader(name, "é");
      const limit = { error: { type: "usage_limit_reached" } };
      response.writeHead(429, { "x-oai-request-id": "r2" }).end(JSON.stringify(limit));
    });
    const options = clientOptions(server.url);
    const refused = await errorOf(new SearchClient(options).search({ id: "s", model: "m" }));
    expect(refused).toMatchObject({ kind: "usage_limit_reached", requestId: "r2", rateLimits: { limitId: "codex" } });
    expect(refused.promoMessage).toBeUndefined();
    expect(refused.message).not.toContain("é");
    const { message } = mapHttpError(
      new HttpError("", { status: 403, headers: Object.fromEntries(names.map((name) => [name, "é"])), body: "no" }),
    );
    expect(message).toMatch(/^unexpected status 403 Forbidden: no\. Check/);
  });
});

describe("a 200 that repeats the request's headers instead of answering it", () => {
  it.each([
    ["a stream", (options: ServiceOptions) => new ResponsesClient(options).streamBody({}).then((it) => it.collect())],
    ["a list of models", (options: ServiceOptions) => new ModelsClient(options).list({ clientVersion: "1.0.0" })],
  ])("in place of %s: the message shows no credential", async (_what, call) => {
    const { url } = await serve(({ headers }, response) => {
      response.setHeader("content-type", "text/html");
      response.end(`<html><body>${headers.authorization}</body></html>`);
    });
    const error = await errorOf(call({ ...clientOptions(url), auth: apiKeyAuth(KEY) }));
    expect(error.kind).toBe("protocol");
    expect(error.message).toContain("Bearer [redacted]");
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain(KEY);
  });
});

describe("an event that repeats the request's credentials", () => {
  it.each([
    [{ type: "error", code: "invalid_api_key", message: `no such key: ${KEY}` }, "no such key: [redacted]"],
    [{ type: "response.failed", response: { error: { code: "x", message: `${KEY}?` } } }, "[redacted]?"],
  ])("fails the stream without them: %j", async (event, message) => {
    const { url } = await serve((_request, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.end(`data: ${JSON.stringify(event)}\n\n`);
    });
    const client = new ResponsesClient({ ...clientOptions(url), auth: apiKeyAuth(KEY) });
    const error = await errorOf(client.streamBody({}).then((stream) => stream.collect()));
    expect(error).toMatchObject({ kind: "retryable", message });
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain(KEY);
  });
});

describe("an answer of a unary call that repeats the request's credentials", () => {
  const location = { location: `/v1/calls/${KEY}` };
  const failed = { file_id: "f", upload_url: "%", status: "failed", error_message: `no such key: ${KEY}` };
  it.each([
    ["a text instead of memories", (it: ServiceOptions) => new MemoriesClient(it).summarize(MEMORIES), KEY, {}],
    [
      "a text instead of models",
      (it: ServiceOptions) => new ModelsClient(it).list({ clientVersion: "1.0.0" }),
      KEY,
      {},
    ],
    ["a text for a list", (it: ServiceOptions) => new CompactClient(it).compact(COMPACTION), { output: KEY }, {}],
    ["a text for a number", (it: ServiceOptions) => new ImagesClient(it).generate(IMAGE), { created: KEY }, {}],
    ["a Location", (it: ServiceOptions) => new CallsClient(it).create("v=0"), {}, location],
    ["a file's status", (it: ServiceOptions) => new FilesClient(it).upload(FILE), failed, {}],
  ])("as %s: the message does not", async (_what, call, body, headers) => {
    const { url } = await serve((request, response) => {
      response.writeHead(200, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body).replace("%", `http://${request.headers.host}/upload`));
    });
    const error = await errorOf(call({ ...clientOptions(url), auth: apiKeyAuth(KEY) }));
    expect(error.kind).toMatch(/^(protocol|invalid_request)$/);
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain(KEY);
  });
});

describe("a close frame that repeats the handshake's credentials", () => {
  it("fails the response without them", async () => {
    const emulator = await emulate({ script: [{ events: [], close: { code: 1008, reason: `no such key: ${KEY}` } }] });
    const client = new ResponsesWebSocketClient({ ...clientOptions(emulator.url), auth: apiKeyAuth(KEY) });
    const error = await errorOf((await (await client.connect()).streamBody({})).collect());
    expect(error.message).toContain("(code 1008: no such key: [redacted])");
  });
});

describe("a credential that takes the event's form with it", () => {
  it("leaves a failure without the service's words", async () => {
    const { url } = await serve((_request, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.end(`data: {"type":"error","error":{"code":"x","message":"hm, 12345678","resets_at":12345678}}\n\n`);
    });
    const client = new ResponsesClient({ ...clientOptions(url), auth: apiKeyAuth("12345678") });
    const error = await errorOf(client.streamBody({}).then((stream) => stream.collect()));
    expect(error).toMatchObject({ kind: "stream", message: expect.stringContaining("(retryable)") });
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain("12345678");
  });
});

describe("a WebSocket's event that repeats the handshake's credentials", () => {
  it.each([
    [{ type: "error", status: 401, error: { code: "c", message: `no such key: ${KEY}` } }, "no such key: [redacted]"],
    [{ type: "response.failed", response: { error: { code: "x", message: `${KEY}?` } } }, "[redacted]?"],
  ])("fails the response without them: %j", async (event, message) => {
    const emulator = await emulate({ script: [{ events: [event] }] });
    const client = new ResponsesWebSocketClient({ ...clientOptions(emulator.url), auth: apiKeyAuth(KEY) });
    const connection = await client.connect();
    const error = await errorOf(connection.streamBody({}).then((stream) => stream.collect()));
    expect(error.message).toContain(message);
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain(KEY);
  });
});

describe("a base URL with user name and password", () => {
  it.each([
    ["go out as basic authorization", noAuth(), `Basic ${Buffer.from("us%r:p@ss").toString("base64")}`],
    ["yield to a token", apiKeyAuth(KEY), `Bearer ${KEY}`],
  ])("%s", async (_what, auth, expected) => {
    const server = await serve((_request, response) => response.end("{}"));
    const options = { ...clientOptions(server.url.replace("//", "//us%r:p%40ss@")), auth };
    await errorOf(new ModelsClient(options).list({ clientVersion: "1.0.0" }));
    await errorOf(new ResponsesWebSocketClient(options).connect());
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([expected, expected]);
  });
});
