import { once } from "node:events";
import zlib, { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { emulate } from "../../../support/clients.ts";
import { closedPort } from "../../../support/serve.ts";
import { open, send } from "../../emulator/raw-client.ts";
import { bodiesAt, handshakesAt, kindsOf, wire } from "../../session/support.ts";
import { eventsIn, HELLO, told } from "../support.ts";
import { gate, gateTo } from "./support.ts";

describe("a request for a response", () => {
  it("is answered as by the service over HTTP, and sent over a WebSocket with the gateway's key", async () => {
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

  it("without a stream is answered with one body", async () => {
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

  it("that is too large is refused and not sent", async () => {
    const { url, emulator } = await gate({}, { maxBodyBytes: 1000 });
    const answer = await send(url, { body: { ...HELLO, input: "x".repeat(2000) } });
    expect(answer).toMatchObject({ status: 413, json: { error: { code: "too_large" } } });
    const packed = gzipSync(JSON.stringify({ ...HELLO, input: "x".repeat(2000) }));
    expect((await send(url, { body: packed, headers: { "content-encoding": "gzip" } })).status).toBe(413);
    expect(emulator.requests).toHaveLength(0);
  });

  it.each([400, 401, 404, 429, 500, 503])("gets a refusal with status %i unchanged", async (status) => {
    const body = { error: { message: "Because.", type: "t", code: "c", param: null } };
    const step = { status, headers: { "retry-after": "7" }, body };
    const { url, emulator } = await gate({ script: [step] });
    expect(await send(url, { body: HELLO })).toMatchObject({ status, json: body, headers: { "retry-after": "7" } });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("has an answer that breaks where the service's breaks, and the log says so", async () => {
    const { url, logged } = await gate({
      script: [{ events: [wire.created, wire.delta("lost")], terminateAfterEvents: 2 }],
    });
    const answer = await send(url, { body: HELLO });
    expect(answer.text).toContain("lost");
    expect(answer.brokenBy).toBe("ECONNRESET");
    expect(await logged(1)).toMatchObject([{ status: 200, end: "cut", error: expect.stringContaining("stream") }]);
  });

  it("has an answer with everything before the break, even if both arrived together", async () => {
    const frames = [wire.created, wire.delta("lost")].map((event) => JSON.stringify(event));
    const { url } = await gate({ script: [{ frames: [...frames, '{"type":'] }] });
    const answer = await send(url, { body: HELLO });
    expect(answer.text).toContain("lost");
    expect(answer.brokenBy).toBe("ECONNRESET");
  });

  it("is answered by the gateway, as its own error, if the service cannot be reached", async () => {
    const { url, logged } = await gateTo(`http://127.0.0.1:${await closedPort()}/v1`);
    const answer = await send(url, { body: HELLO });
    expect(answer).toMatchObject({ status: 502, json: { error: { type: "gateway_error", code: "network" } } });
    expect(await logged(1)).toMatchObject([{ status: 502, error: expect.stringContaining("network") }]);
  });

  it("is cancelled at the service if its client leaves", async () => {
    const { url, emulator, logged } = await gate({
      script: [{ events: [wire.created, wire.delta("x")], stallAfterEvents: 2 }],
    });
    const answer = await open(url, { method: "POST", body: HELLO });
    await once(answer, "data");
    answer.destroy();
    await emulator.waitForClosedWebSockets(1);
    expect(await logged(1)).toMatchObject([{ end: "left" }]);
  });

  it("frees its connection if its client leaves without reading", async () => {
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

  it("continues the client's last one, and shares nothing with another user who has the same prompt cache key", async () => {
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
