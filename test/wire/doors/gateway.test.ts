import { EventEmitter, once } from "node:events";
import zlib, { gzipSync } from "node:zlib";
import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { z } from "zod";
import { type GatewayLogEntry, type GatewayOptions, startGateway } from "../../../src/doors/gateway/index.ts";
import { type EmulatorOptions, Workbench } from "../../../src/emulator/index.ts";
import { apiKeyAuth, CodexApi, noAuth, openaiProvider } from "../../../src/index.ts";
import { emulate } from "../../support/clients.ts";
import { open, send } from "../emulator/raw-client.ts";
import { bodiesAt, handshakesAt, kindsOf, wire } from "../session/support.ts";
import { eventsIn, told } from "./support.ts";

const HELLO = { model: "gpt-5.5", input: "17*23", stream: true };

/** A gateway before an emulator that wants the key `inside`; ended with the test. */
async function gate(emulation: EmulatorOptions = {}, options: Partial<GatewayOptions> = {}) {
  const emulator = await emulate({ requireAuth: "inside", rateLimits: false, ...emulation });
  const entries: GatewayLogEntry[] = [];
  const log = new EventEmitter();
  const gateway = await startGateway({
    provider: openaiProvider({ env: {}, baseUrl: emulator.url, proxy: false }),
    auth: apiKeyAuth("inside"),
    env: {},
    onRequest: (entry) => log.emit("entry", entries.push(entry)),
    ...options,
  });
  onTestFinished(() => gateway.close());
  /** The log, once so many requests are over. */
  const logged = async (count: number) => {
    while (entries.length < count) await once(log, "entry");
    return entries;
  };
  return { emulator, gateway, entries, logged, url: `${gateway.url}/responses` };
}

async function connect(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(url.replace("http", "ws"), { headers });
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

describe("a request for a response", () => {
  it("comes back as the service answers over HTTP, and travels over a WebSocket with the gateway's key", async () => {
    const { emulator, url, logged } = await gate();
    const direct = await emulate({ rateLimits: false });
    const theirs = await send(`${direct.url}/responses`, { body: HELLO, headers: { authorization: "Bearer k" } });
    const answer = await send(url, { body: HELLO, headers: { authorization: "Bearer of-the-client" } });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe(theirs.headers["content-type"]);
    expect(told(answer.text)).toEqual(told(theirs.text));
    expect(kindsOf(emulator)).toEqual(["handshake", "frame"]);
    expect(JSON.stringify(emulator.requests)).not.toContain("of-the-client");
    expect(await logged(1)).toMatchObject([
      {
        ...{
          method: "POST",
          path: "/v1/responses",
          status: 200,
          model: "gpt-5.5",
          carrier: "websocket",
          end: "finished",
        },
        tokenUsage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
      },
    ]);
    expect(JSON.stringify(await logged(1))).not.toContain("17*23");
  });

  it("without a stream is answered by one body", async () => {
    const { url, logged } = await gate();
    const answer = await send(url, { body: { ...HELLO, stream: false } });
    expect(answer.json).toMatchObject({ status: "completed", output: [{ content: [{ text: "17*23 = 391" }] }] });
    const { usage } = answer.json as { usage: { input_tokens: number; output_tokens: number } };
    expect(await logged(1)).toMatchObject([
      { carrier: "websocket", tokenUsage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens } },
    ]);
  });

  it("may be compressed", async () => {
    const { url, emulator } = await gate();
    const text = JSON.stringify(HELLO);
    const codings: [string, Buffer][] = [["gzip", gzipSync(text)]];
    const compress = (zlib as { zstdCompressSync?: (text: string) => Buffer }).zstdCompressSync; // from Node 22.15
    if (compress) codings.push(["zstd", compress(text)]);
    for (const [coding, body] of codings) {
      const headers = { "content-encoding": coding, "content-type": "application/json" };
      expect((await send(url, { body, headers })).status).toBe(200);
    }
    for (const body of bodiesAt(emulator)) expect(body.input).toMatchObject([{ content: [{ text: "17*23" }] }]);
    expect((await send(url, { body: "no", headers: { "content-encoding": "gzip" } })).status).toBe(400);
    expect((await send(url, { body: "no", headers: { "content-encoding": "rot13" } })).status).toBe(415);
  });

  it("that is too large is refused before anything is asked", async () => {
    const { url, emulator } = await gate({}, { maxBodyBytes: 1000 });
    const answer = await send(url, { body: { ...HELLO, input: "x".repeat(2000) } });
    expect(answer).toMatchObject({ status: 413, json: { error: { code: "too_large" } } });
    const packed = gzipSync(JSON.stringify({ ...HELLO, input: "x".repeat(2000) }));
    expect((await send(url, { body: packed, headers: { "content-encoding": "gzip" } })).status).toBe(413);
    expect(emulator.requests).toHaveLength(0);
  });

  it.each([400, 401, 404, 429, 500, 503])("gets a refusal with status %i as it was", async (status) => {
    const body = { error: { message: "Because.", type: "t", code: "c", param: null } };
    const step = { status, headers: { "retry-after": "7" }, body };
    const { url, emulator } = await gate({ script: [step] });
    expect(await send(url, { body: HELLO })).toMatchObject({ status, json: body, headers: { "retry-after": "7" } });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it.each([
    ["in a refusal", { status: 400, body: { error: { message: "no good: of-the-gateway-1" } } }, true],
    ["in a failed response", { failed: { code: "x", message: "no good: of-the-gateway-1" } }, true],
    ["in a failed response that is collected", { failed: { code: "x", message: "no good: of-the-gateway-1" } }, false],
  ])("tells nobody the gateway's key that the service repeats, %s", async (_where, step, stream) => {
    const options = { auth: apiKeyAuth("of-the-gateway-1") };
    for (const carrier of ["websocket", "http"] as const) {
      const { url } = await gate({ requireAuth: true, script: [step] }, { ...options, carrier });
      const { text } = await send(url, { body: { ...HELLO, stream } });
      expect(text).toContain("no good: [redacted]");
      expect(text).not.toContain("of-the-gateway-1");
    }
    const { gateway, url } = await gate(
      { requireAuth: true, script: [step, { status: 404, body: "of-the-gateway-1" }] },
      options,
    );
    const socket = await connect(url);
    const failed = new Promise<string>((resolve) =>
      socket.on("message", (data) => String(data).includes("no good") && resolve(String(data))),
    );
    socket.send(JSON.stringify({ type: "response.create", model: "m", input: "hi" }));
    expect(await failed).toContain("no good: [redacted]");
    expect((await send(`${gateway.url}/models`)).text).toBe("[redacted]");
  });

  it("is cut where the service's answer is, and the log says so", async () => {
    const { url, logged } = await gate({
      script: [{ events: [wire.created, wire.delta("lost")], terminateAfterEvents: 2 }],
    });
    const answer = await send(url, { body: HELLO });
    expect(answer.text).toContain("lost");
    expect(answer.brokenBy).toBe("ECONNRESET");
    expect(await logged(1)).toMatchObject([{ status: 200, end: "cut", error: expect.stringContaining("stream") }]);
  });

  it("brings what came before it is cut, also where both came together", async () => {
    const frames = [wire.created, wire.delta("lost")].map((event) => JSON.stringify(event));
    const { url } = await gate({ script: [{ frames: [...frames, '{"type":'] }] });
    const answer = await send(url, { body: HELLO });
    expect(answer.text).toContain("lost");
    expect(answer.brokenBy).toBe("ECONNRESET");
  });

  it("says that it was not the service who answers where that cannot be reached", async () => {
    const { url, emulator, logged } = await gate();
    await emulator.close();
    const answer = await send(url, { body: HELLO });
    expect(answer).toMatchObject({ status: 502, json: { error: { type: "gateway_error", code: "network" } } });
    expect(await logged(1)).toMatchObject([{ status: 502, error: expect.stringContaining("network") }]);
  });

  it("that its client leaves is left", async () => {
    const { url, emulator, logged } = await gate({
      script: [{ events: [wire.created, wire.delta("x")], stallAfterEvents: 2 }],
    });
    const answer = await open(url, { method: "POST", body: HELLO });
    await once(answer, "data");
    answer.destroy();
    await emulator.waitForClosedWebSockets(1);
    expect(await logged(1)).toMatchObject([{ end: "left" }]);
  });

  it("that its client leaves unread frees its connection for the next", async () => {
    const delta = wire.delta("x".repeat(100_000));
    const events = [wire.created, ...Array.from({ length: 200 }, () => delta), wire.completed()];
    const { url, emulator, logged } = await gate({ script: [{ events }] }, { maxConnections: 1 });
    const answer = await open(url, { method: "POST", body: HELLO }); // more than sockets hold, and nobody reads it
    await new Promise((resolve) => setImmediate(resolve));
    answer.destroy();
    await logged(1);
    expect((await send(url, { body: HELLO })).status).toBe(200);
    expect(kindsOf(emulator).at(-1)).toBe("frame");
  });

  it("goes on from the client's last one, and shares nothing with another user's of the same key name", async () => {
    const { url, emulator } = await gate({}, { tokens: ["anna", "bert"] });
    const history: object[] = [{ role: "user", content: [{ type: "input_text", text: "hi" }], type: "message" }];
    const ask = async (token: string) => {
      const body = { ...HELLO, input: history, prompt_cache_key: "main" };
      const answer = await send(url, { body, headers: { authorization: `Bearer ${token}` } });
      return eventsIn(answer.text).at(-1)?.data as unknown as { response: { output: object[] } };
    };
    const first = await ask("anna");
    history.push(...first.response.output, ...history.slice(0, 1));
    await ask("anna");
    await ask("bert");
    expect(bodiesAt(emulator).map((body) => "previous_response_id" in body)).toEqual([false, true, false]);
    expect(handshakesAt(emulator)).toHaveLength(2);
  });
});

describe("a WebSocket", () => {
  it("passes as it is, with the gateway's key and the service's headers", async () => {
    const { gateway, emulator, logged } = await gate({ turnState: true });
    const api = new CodexApi({
      provider: openaiProvider({ env: {}, baseUrl: gateway.url, proxy: false }),
      auth: noAuth(),
      env: {},
    });
    onTestFinished(() => api.close());
    const session = api.session({ carrier: "websocket" });
    const { text, items } = await (await session.stream({ model: "m", input: "repeat: hello" })).collect();
    expect(text).toBe("hello");
    const input = [
      { role: "user", content: "repeat: hello" } as const,
      ...items,
      { role: "user", content: "repeat: two" } as const,
    ];
    expect((await (await session.stream({ model: "m", input })).collect()).text).toBe("two");
    const connection = await api.websocket();
    expect(connection.headers["x-codex-turn-state"]).toMatch(/./);
    await api.close();
    await emulator.waitForClosedWebSockets(2);
    const finished = expect.objectContaining({ status: 101, carrier: "websocket", end: "finished" });
    expect(await logged(2)).toEqual([finished, finished]);
  });

  it("is finished where nothing was running when its client closed it, else left; the log knows whose it was", async () => {
    const { url, logged, emulator } = await gate({ script: [{ stallAfterEvents: 1 }] }, { tokens: ["t1", "t2"] });
    for (const message of [undefined, { type: "response.create", model: "m", input: "hello" }]) {
      const socket = await connect(url, { authorization: "Bearer t2" });
      if (message) {
        socket.send(JSON.stringify(message));
        await once(socket, "message");
      }
      socket.close(1000);
      await once(socket, "close");
    }
    await emulator.waitForClosedWebSockets(2);
    expect(await logged(2)).toMatchObject([
      { token: 2, end: "finished" },
      { token: 2, end: "left" },
    ]);
  });

  it("is refused as the service refuses it", async () => {
    const body = { error: { message: "no", code: "c" } };
    const { url } = await gate({ script: [{ refuse: { status: 426, body, headers: { "x-mark": "m" } } }] });
    const socket = new WebSocket(url.replace("http", "ws"));
    const [, answer] = (await once(socket, "unexpected-response")) as [
      unknown,
      NodeJS.ReadableStream & { statusCode: number; headers: object },
    ];
    expect(answer.statusCode).toBe(426);
    expect(answer.headers).toMatchObject({ "x-mark": "m" });
  });

  it("ends on one side as on the other", async () => {
    const { url } = await gate({ script: [{ events: [wire.created], close: { code: 1011, reason: "so" } }] });
    const socket = await connect(url);
    socket.send(JSON.stringify({ type: "response.create", model: "m", input: "hi" }));
    const [code, reason] = await once(socket, "close");
    expect([code, String(reason)]).toEqual([1011, "so"]);
  });
});

describe("what is passed on", () => {
  it("is what belongs to responses: models, compaction, stored responses, uploads, streams taken up again", async () => {
    const { gateway, emulator } = await gate();
    expect((await send(`${gateway.url}/models`)).json).toHaveProperty("data");
    const stored = await send(`${gateway.url}/responses`, { body: { ...HELLO, background: true, store: true } });
    const created = eventsIn(stored.text)[0]?.data as unknown as { response: { id: string } };
    const { id } = created.response;
    const again = await send(`${gateway.url}/responses/${id}?stream=true&starting_after=0`);
    expect(eventsIn(again.text).length).toBeGreaterThan(0);
    expect((await send(`${gateway.url}/responses/${id}`)).json).toMatchObject({ id });
    const compact = await send(`${gateway.url}/responses/compact`, {
      body: { model: "gpt-5.5", input: [{ role: "user", content: "hi" }] },
    });
    expect(compact.json).toHaveProperty("output");
    const boundary = "a-boundary-of-some-length-1234";
    const part = (name: string, text: string) =>
      `--${boundary}\r\ncontent-disposition: form-data; name=${name}\r\n\r\n${text}\r\n`;
    const upload = `${part('"purpose"', "user_data")}${part('"file"; filename="a.txt"', "abc")}--${boundary}--\r\n`;
    const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
    for (const length of [{ "content-length": String(upload.length) }, { "transfer-encoding": "chunked" }]) {
      const file = await send(`${gateway.url}/files`, { body: upload, headers: { ...headers, ...length } });
      expect(file.json).toMatchObject({ filename: "a.txt", bytes: 3 });
    }
    expect(new Set(emulator.requests.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer inside"]));
  });

  it("is nothing else", async () => {
    const { gateway, emulator } = await gate();
    for (const path of [
      "/organization/admin_api_keys",
      "/responses/../organization",
      "/responses/%2e%2e/organization",
      "/responsesque",
    ])
      expect((await send(`${gateway.url}${path}`)).status).toBe(404);
    expect((await send(`${new URL(gateway.url).origin}/`)).status).toBe(404);
    expect(emulator.requests).toHaveLength(0);
  });

  it("is sent once more with renewed credentials", async () => {
    let key = "old";
    const onUnauthorized = () => {
      key = "inside";
      return true;
    };
    const auth = { bearerToken: () => key, onUnauthorized };
    const { gateway, url } = await gate({}, { auth });
    expect((await send(`${gateway.url}/models`)).status).toBe(200);
    key = "old";
    const socket = await connect(url);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    key = "old";
    expect((await send(url, { body: HELLO })).status).toBe(200);
  });
});

describe("access", () => {
  it("is for this machine's names alone", async () => {
    const { url, emulator } = await gate({}, { allowedHosts: ["box.example"] });
    for (const headers of [{ host: "evil.example" }, { origin: "https://evil.example" }])
      expect((await send(url, { body: HELLO, headers })).status).toBe(403);
    await expect(connect(url, { origin: "https://evil.example" })).rejects.toThrow(/403/);
    expect(emulator.requests).toHaveLength(0);
    expect((await send(url, { body: HELLO, headers: { host: "box.example" } })).status).toBe(200);
  });

  it("needs one of the tokens, where there are some", async () => {
    const { url, emulator } = await gate({}, { tokens: ["t1", "t2"] });
    for (const headers of [{}, { authorization: "Bearer t3" }, { authorization: "Bearer " }])
      expect(await send(url, { body: HELLO, headers })).toMatchObject({
        status: 401,
        json: { error: { code: "invalid_api_key" } },
      });
    await expect(connect(url)).rejects.toThrow(/401/);
    expect(emulator.requests).toHaveLength(0);
    expect((await send(url, { body: HELLO, headers: { authorization: "Bearer t2" } })).status).toBe(200);
    expect((await send(url, { body: HELLO, headers: { "api-key": "t1" } })).status).toBe(200);
  });

  it("from elsewhere needs tokens", async () => {
    const common = { provider: openaiProvider({ env: {} }), auth: apiKeyAuth("k"), env: {} };
    await expect(startGateway({ ...common, host: "0.0.0.0" })).rejects.toThrow(/set tokens/);
    await expect(startGateway({ ...common, tokens: [" "] })).rejects.toThrow(/empty/);
    const inspector = new Workbench();
    await expect(startGateway({ ...common, tokens: ["t"], host: "0.0.0.0", inspector })).rejects.toThrow(/prompts/);
  });

  it("is bounded in requests under way", async () => {
    const { url } = await gate({ script: [{ events: [wire.created], stallAfterEvents: 1 }] }, { maxRequests: 1 });
    const first = await open(url, { method: "POST", body: HELLO });
    const second = await send(url, { body: HELLO });
    expect(second).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      json: { error: { code: "too_many_requests" } },
    });
    first.destroy();
  });
});

describe("the end", () => {
  it("waits for what is under way, and takes nothing new", async () => {
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    async function* events() {
      yield wire.created;
      yield wire.delta("x");
      await finished;
      yield wire.completed();
    }
    const { url, gateway } = await gate({
      script: (request) => (request.kind === "frame" ? { events: events() } : undefined),
    });
    const answer = await open(url, { method: "POST", body: HELLO });
    const socket = await connect(url);
    const chunks: string[] = [];
    answer.on("data", (chunk) => chunks.push(String(chunk)));
    await once(answer, "data");
    const closed = gateway.close({ graceMs: 60_000 });
    const [code] = await once(socket, "close");
    expect(code).toBe(1001);
    await expect(send(url, { body: HELLO })).rejects.toThrow();
    finish();
    await once(answer, "end");
    expect(eventsIn(chunks.join("")).at(-1)?.data.type).toBe("response.completed");
    await closed;
  });

  it("cuts what is under way when the time is over", async () => {
    const { url, gateway } = await gate({ script: [{ events: [wire.created], stallAfterEvents: 1 }] });
    const answer = await open(url, { method: "POST", body: HELLO });
    answer.on("error", () => {});
    await gateway.close();
    if (!answer.destroyed) await once(answer, "close");
    expect(answer.complete).toBe(false);
  });
});

it("shows what passes where somebody looks on", async () => {
  const inspector = new Workbench();
  const { url, gateway } = await gate({}, { inspector });
  await send(url, { body: HELLO });
  const socket = await connect(url);
  socket.send(JSON.stringify({ type: "response.create", model: "m", input: "hi" }));
  await once(socket, "message");
  const [first, second] = inspector.traffic.exchanges;
  expect(first?.entries.filter(({ kind }) => kind === "event").length).toBeGreaterThan(3);
  expect(first?.entries.at(-1)).toMatchObject({ kind: "end", how: "finished" });
  expect(second?.entries.map(({ kind }) => kind).slice(0, 3)).toEqual(["answer", "sent", "received"]);
  expect((await send(`${new URL(gateway.url).origin}/`)).text).toContain("<!doctype html>");
});

it("serves an SDK that knows nothing of it: the Agents SDK with its own client, whose tool loop sends what is new", async () => {
  const { gateway, emulator } = await gate();
  const weather = tool({
    ...{ name: "get_weather", description: "The weather", parameters: z.object({ location: z.string() }) },
    execute: async () => "18 degrees",
  });
  const agent = new Agent({ name: "a", instructions: "Be brief.", model: "gpt-5.5", tools: [weather] });
  const modelProvider = new OpenAIProvider({ apiKey: "k", baseURL: gateway.url, useResponses: true });
  const runner = new Runner({ modelProvider, tracingDisabled: true });
  const { finalOutput } = await runner.run(agent, "What is the weather in Paris?");
  expect(finalOutput).toContain("18 degrees");
  expect(bodiesAt(emulator).map((body) => "previous_response_id" in body)).toEqual([false, true]);
});
