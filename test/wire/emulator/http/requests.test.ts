import zlib from "node:zlib";
import { compress } from "@bokuweb/zstd-wasm";
import { describe, expect, it } from "vitest";
import { zstdReady } from "../../../support/zstd.ts";
import { emulator, send } from "../raw-client.ts";

const HELLO = { model: "gpt-5.5", input: "hello" };

describe("an answer that is not streamed", () => {
  it("is one response object", async () => {
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

it("a model's name may have characters that no header has", async () => {
  const { url } = await emulator();
  for (const stream of [false, true]) {
    const answer = await send(`${url}/responses`, { body: { ...HELLO, model: "модель", stream } });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('"model":"модель"');
    expect(answer.headers).not.toHaveProperty("openai-model");
  }
});

describe("the paths", () => {
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

it.each([false, true])("one that offers HTTP/2, as Java's client does, is answered without (TLS: %s)", async (tls) => {
  const { url, caPem, traffic } = await emulator({ tls });
  const headers = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" };
  const answer = await send(`${url}/responses`, { body: { ...HELLO, stream: true }, headers, ca: caPem });
  expect(answer.status).toBe(200);
  expect(answer.text).toContain("response.completed");
  expect(Array.from(traffic.exchanges, ({ head }) => [head.carrier, head.connection])).toEqual([["http", 1]]);
});

describe("a browser", () => {
  const page = { origin: "http://localhost:3000" };
  const question = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };

  it("may ask for a page of this machine, and gives it every answer", async () => {
    const emulated = await emulator({ script: [{ status: 429, body: "slow down" }] });
    const { url } = emulated;
    const asked = await send(`${url}/responses`, { method: "OPTIONS", headers: { ...page, ...question } });
    expect(asked).toMatchObject({
      status: 204,
      headers: { "access-control-allow-methods": "POST", "access-control-allow-headers": "authorization" },
    });
    expect(emulated.requests).toEqual([]);
    const readable = { "access-control-allow-origin": page.origin, "access-control-expose-headers": "*" };
    for (const status of [429, 200])
      expect(await send(`${url}/responses`, { body: { ...HELLO, stream: true }, headers: page })).toMatchObject({
        status,
        headers: readable,
      });
    expect((await send(`${url}/models`)).headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("is told nothing for another page", async () => {
    const { url } = await emulator();
    const headers = { origin: "https://evil.example", ...question };
    const answer = await send(`${url}/responses`, { method: "OPTIONS", headers });
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
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

  it("is answered with 400 if its content type is not JSON", async () => {
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

  it("with an unknown coding is answered with 415, and recorded", async () => {
    const server = await emulator();
    const answer = await send(`${server.url}/responses`, { body: json, headers: { "content-encoding": "lzma" } });
    expect(answer.status).toBe(415);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.json).toBeUndefined();
  });
});
