import zlib from "node:zlib";
import { compress } from "@bokuweb/zstd-wasm";
import { describe, expect, it } from "vitest";
import { zstdReady } from "../../support/zstd.ts";
import { ofType, typesOf } from "../../unit/emulator/stream-event.ts";
import { emulator, eventsOf, send, stream } from "./raw-client.ts";

const HELLO = { model: "gpt-5.5", input: "hello" };
const WEATHER = {
  type: "function",
  name: "get_weather",
  parameters: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
};

describe("a streamed response", () => {
  it("is server-sent events from created to completed, then the end", async () => {
    const { url } = await emulator();
    const answer = await send(`${url}/responses`, { body: { ...HELLO, stream: true } });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(answer.text).toMatch(/^event: response\.created\ndata: \{"type":"response\.created",/);
    const events = eventsOf(answer.text);
    expect(events[0]?.type).toBe("response.created");
    expect(events.at(-1)?.type).toBe("response.completed");
    expect(answer.brokenBy).toBeUndefined();
  });

  it("carries the header families of the service", async () => {
    const { url } = await emulator({ turnState: true });
    const body = { ...HELLO, stream: true, reasoning: { effort: "low" } };
    const { headers } = await send(`${url}/responses`, { body, headers: { originator: "codex_cli_rs" } });
    const again = await send(`${url}/responses`, { body: { ...HELLO, stream: true } });
    const models = await send(`${url}/models?client_version=1.0.0`);
    expect(headers).toMatchObject({
      "x-request-id": expect.stringMatching(/^req_/),
      "openai-processing-ms": expect.stringMatching(/^\d+$/),
      "openai-model": "gpt-5.5",
      "x-models-etag": models.headers.etag,
      "x-reasoning-included": "true",
      "x-codex-turn-state": expect.any(String),
      "x-codex-primary-used-percent": "12.5",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-at": expect.stringMatching(/^\d{10}$/),
      "x-codex-secondary-used-percent": "4",
      "x-codex-other-primary-used-percent": "70",
      "x-codex-credits-has-credits": "true",
    });
    expect(again.headers).not.toHaveProperty("x-reasoning-included");
    expect(again.headers["x-codex-turn-state"]).not.toBe(headers["x-codex-turn-state"]);
    expect(again.headers["x-request-id"]).not.toBe(headers["x-request-id"]);
    expect(again.headers).not.toHaveProperty("x-codex-primary-used-percent"); // the public API has none
  });

  it("reports the model and the limits it was told to, or none", async () => {
    const { url } = await emulator({ serverModel: "gpt-other", rateLimits: false });
    const { headers } = await send(`${url}/responses`, { body: { ...HELLO, stream: true } });
    expect(headers["openai-model"]).toBe("gpt-other");
    expect(Object.keys(headers).filter((name) => name.startsWith("x-codex-"))).toEqual([]);
  });

  it("calls a tool, then answers with what the tool said", async () => {
    const { url } = await emulator();
    const question = { role: "user", content: "What is the weather in Paris?" };
    const first = await stream(url, { input: [question], tools: [WEATHER] });
    const call = ofType(first, "response.output_item.done").item;
    expect(call).toMatchObject({ type: "function_call", name: "get_weather", arguments: '{"location":"Paris"}' });
    const output = { type: "function_call_output", call_id: call.call_id, output: "18 degrees and sunny" };
    const second = await stream(url, { input: [question, call, output], tools: [WEATHER] });
    expect(ofType(second, "response.output_text.done").text).toContain("18 degrees and sunny");
  });

  it("goes on from a stored response, and from no other", async () => {
    const { url } = await emulator();
    const told = await stream(url, { input: "My cat is called Ada" });
    const { id } = ofType(told, "response.completed").response;
    const recalled = await stream(url, { input: "what did I say?", previous_response_id: id });
    expect(ofType(recalled, "response.output_text.done").text).toContain("Ada");
    const unstored = ofType(await stream(url, { input: "secret", store: false }), "response.completed").response.id;
    const refused = await send(`${url}/responses`, { body: { ...HELLO, previous_response_id: unstored } });
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({
      error: { code: "previous_response_not_found", param: "previous_response_id" },
    });
  });

  it("compacts when the last item asks for it", async () => {
    const { url } = await emulator();
    const input = [{ role: "user", content: "remember the milk" }, { type: "compaction_trigger" }];
    const events = await stream(url, { input });
    const { output } = ofType(events, "response.completed").response;
    expect(output).toEqual([{ id: expect.any(String), type: "compaction", encrypted_content: expect.any(String) }]);
    const next = await stream(url, { input: [...output, { role: "user", content: "17*23" }] });
    expect(ofType(next, "response.output_text.done").text).toBe("17*23 = 391");
  });

  it("takes as long as the pace asked for", async () => {
    const { url } = await emulator({ pace: { delayMsPerWord: 20 } });
    const startedAt = performance.now();
    await send(`${url}/responses`, { body: { model: "m", input: "count to 5", stream: true } });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
  });

  it("sends what comes before a pause at once", async () => {
    const { url } = await emulator({ pace: { delayMsPerWord: 3_600_000 } });
    const body = JSON.stringify({ model: "m", input: "count to 5", stream: true });
    const answer = await fetch(`${url}/responses`, { method: "POST", body });
    let text = "";
    for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.includes("response.content_part.added")) break;
    }
    expect(text).not.toContain("response.output_text.delta");
  });
});

describe("an answer that is not streamed", () => {
  it("is the response alone", async () => {
    const { url } = await emulator();
    const answer = await send(`${url}/responses`, { body: { model: "m", input: "17*23" } });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.headers["openai-model"]).toBe("m");
    expect(answer.json).toMatchObject({
      object: "response",
      status: "completed",
      output: [{ type: "message", content: [{ type: "output_text", text: "17*23 = 391" }] }],
      usage: { total_tokens: expect.any(Number) },
    });
  });
});

describe("the addresses", () => {
  it.each(["/v1/responses", "/responses", "/backend-api/codex/responses", "/openai/responses?api-version=1"])(
    "include %s",
    async (path) => {
      const { origin } = await emulator();
      expect((await send(`${origin}${path}`, { body: HELLO })).status).toBe(200);
    },
  );

  it.each([
    ["POST", "/v1/nothing", 404, undefined],
    ["POST", "/v2/responses", 404, undefined],
    ["GET", "/v1/responses", 405, "POST"],
    ["POST", "/v1/models", 405, "GET"],
  ])("refuse %s %s with %d", async (method, path, status, allow) => {
    const { origin } = await emulator();
    const answer = await send(`${origin}${path}`, { method, ...(method === "POST" && { body: HELLO }) });
    expect(answer.status).toBe(status);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.json).toEqual({
      error: {
        message: expect.stringContaining(`${method} ${path}`),
        type: "invalid_request_error",
        param: null,
        code: "invalid_request_error",
      },
    });
  });
});

describe("a faulty request", () => {
  it.each([
    ["no JSON", "{", "invalid_request_error"],
    ["a JSON string", '"hi"', "invalid_request_error"],
    ["no model", { input: "hi" }, "missing_required_parameter"],
    [
      "an output without its call",
      { model: "m", input: [{ type: "function_call_output", call_id: "c", output: "" }] },
      "invalid_value",
    ],
  ])("is answered with 400 for %s", async (_name, body, code) => {
    const { url } = await emulator();
    const answer = await send(`${url}/responses`, { body });
    expect(answer.status).toBe(400);
    expect(answer.headers["x-request-id"]).toMatch(/^req_/);
    expect(answer.json).toMatchObject({ error: { type: "invalid_request_error", code } });
  });

  it("is answered with 400 for a body that is not said to be JSON", async () => {
    const { url } = await emulator();
    const answer = await send(`${url}/responses`, { body: "a=b", headers: { "content-type": "text/plain" } });
    expect(answer.json).toMatchObject({ error: { code: "unsupported_content_type" } });
  });
});

describe("authorization", () => {
  it.each<[boolean | string, string | undefined, number]>([
    [true, undefined, 401],
    [true, "Bearer any", 200],
    ["sk-right", "Bearer sk-wrong", 401],
    ["sk-right", "Bearer sk-right", 200],
    [false, undefined, 200],
  ])("with requireAuth %j and %j is answered with %d", async (requireAuth, authorization, status) => {
    const { url } = await emulator({ requireAuth });
    const answer = await send(`${url}/models`, { headers: authorization === undefined ? {} : { authorization } });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain("sk-wrong");
  });
});

describe("a compressed request", () => {
  const json = JSON.stringify({ model: "m", input: "17*23" });
  it.each<[string, (bytes: Buffer) => Uint8Array]>([
    ["zstd", (bytes) => compress(bytes, 3)],
    ["gzip", (bytes) => zlib.gzipSync(bytes)],
  ])("with %s is decoded and recorded decoded", async (encoding, encode) => {
    await zstdReady();
    const server = await emulator();
    const body = encode(Buffer.from(json));
    const answer = await send(`${server.url}/responses`, { body, headers: { "content-encoding": encoding } });
    expect(answer.text).toContain("391");
    const [request] = server.requests;
    expect(request?.json).toEqual(JSON.parse(json));
    expect(Buffer.from(request?.body ?? []).toString()).toBe(json);
    expect(request?.wireBytes).toBe(body.length);
  });

  it("with a coding it does not know is answered with 415, and recorded", async () => {
    const server = await emulator();
    const answer = await send(`${server.url}/responses`, { body: json, headers: { "content-encoding": "lzma" } });
    expect(answer.status).toBe(415);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.json).toBeUndefined();
  });
});

describe("the other calls", () => {
  it("compact keeps the user's messages and adds one compaction item", async () => {
    const { url } = await emulator();
    const input = [
      { type: "message", role: "user", content: [{ type: "input_text", text: "one" }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "two" }] },
    ];
    const body = { model: "m", input, instructions: "", tools: [], parallel_tool_calls: true };
    const answer = await send(`${url}/responses/compact`, { body });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      output: [input[0], { type: "compaction", encrypted_content: expect.any(String) }],
    });
    expect((await send(`${url}/responses/compact`, { body: { model: "m" } })).status).toBe(400);
  });

  it("memories gives one summary a trace, in order", async () => {
    const { url } = await emulator();
    const trace = (id: string, content: string) => ({
      id,
      metadata: { source_path: `/${id}` },
      items: [{ type: "message", role: "user", content }],
    });
    const body = { model: "m", traces: [trace("a", "fix it"), trace("b", "thanks")] };
    const answer = await send(`${url}/memories/trace_summarize`, { body });
    expect(answer.json).toEqual({
      output: [
        { trace_summary: "/a: 1 items, 1 from the user.", memory_summary: "The user asked: “fix it”." },
        { trace_summary: "/b: 1 items, 1 from the user.", memory_summary: "The user asked: “thanks”." },
      ],
    });
    expect((await send(`${url}/memories/trace_summarize`, { body: { model: "m" } })).status).toBe(400);
  });

  it("models is a list for Codex clients with a client version and the public list without", async () => {
    const { url } = await emulator();
    const codex = await send(`${url}/models?client_version=0.115.0`);
    expect(codex.headers.etag).toMatch(/^"[0-9a-f]+"$/);
    expect(codex.json).toMatchObject({
      models: [
        { slug: "gpt-5.5", supported_reasoning_levels: [{ effort: "low" }, {}, {}], shell_type: "shell_command" },
        { slug: "gpt-5.1-codex-mini" },
      ],
    });
    expect((await send(`${url}/models`)).json).toMatchObject({ object: "list", data: [{ id: "gpt-5.5" }, {}] });
  });
});

describe("the record of requests", () => {
  it("has them as they came", async () => {
    const server = await emulator();
    const headers = { "X-Two": "b", "x-one": "a" };
    await send(`${server.url}/responses?x=%20`, { body: HELLO, headers });
    const request = await server.nextRequest();
    expect(request).toMatchObject({
      kind: "http",
      method: "POST",
      path: "/v1/responses?x=%20",
      json: HELLO,
      connection: 1,
    });
    expect(request.headers["x-two"]).toBe("b");
    expect(request.rawHeaders.filter(([name]) => /^x-/i.test(name))).toEqual(Object.entries(headers));
    expect(server.requests).toEqual([request]);
  });

  it("joins headers of the same name", async () => {
    const server = await emulator();
    await send(`${server.url}/models`, { headers: { "x-twice": ["a", "b"] } });
    const request = await server.nextRequest();
    expect(request.headers["x-twice"]).toBe("a, b");
    expect(request.rawHeaders.filter(([name]) => name === "x-twice")).toHaveLength(2);
  });

  it("has headers of any name", async () => {
    const { url, requests } = await emulator();
    await send(`${url}/responses`, { body: HELLO, headers: { constructor: "a", ["__proto__"]: "b" } });
    expect(requests[0]?.headers.constructor).toBe("a");
    expect(Object.entries(requests[0]?.headers ?? {})).toContainEqual(["__proto__", "b"]);
  });

  it("is told to onRequest, whose failure changes nothing", async () => {
    const paths: string[] = [];
    const onRequest = ({ path }: { path: string }) => {
      paths.push(path);
      throw new Error("log full");
    };
    const { url } = await emulator({ onRequest });
    expect((await send(`${url}/models`)).status).toBe(200);
    expect(paths).toEqual(["/v1/models"]);
  });
});

it("generate: false gives created, in progress and completed alone", async () => {
  const { url } = await emulator();
  const events = await stream(url, { input: "hello", generate: false });
  expect(typesOf(events)).toEqual(["response.created", "response.in_progress", "response.completed"]);
});
