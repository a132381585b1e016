import { once } from "node:events";
import net from "node:net";
import { describe, expect, it } from "vitest";
import type { Step } from "../../../src/emulator/index.ts";
import { emulator, refusal } from "./raw-client.ts";
import { socketFor } from "./support.ts";

describe("a handshake", () => {
  it("is answered with what clients read from it, and with permessage-deflate when it is to compress", async () => {
    const { socket } = await socketFor({ turnState: true, serverModel: "gpt-5.5", compressFrames: true });
    expect(await socket.handshakeHeaders).toMatchObject({
      "x-reasoning-included": "true",
      "x-models-etag": expect.any(String),
      "openai-model": "gpt-5.5",
      "x-codex-turn-state": expect.any(String),
      "x-request-id": expect.any(String),
      "sec-websocket-extensions": "permessage-deflate",
    });
  });

  it("is recorded, and its frames with it", async () => {
    const { server, socket } = await socketFor({}, { "session-id": "s1" });
    await socket.response({ input: "hello" });
    const [handshake, frame] = server.requests;
    expect(handshake).toMatchObject({ kind: "handshake", method: "GET", path: "/v1/responses", connection: 1 });
    expect(handshake?.headers["session-id"]).toBe("s1");
    expect(frame).toMatchObject({ kind: "frame", connection: 1, json: { type: "response.create", input: "hello" } });
    expect(server.requests).toHaveLength(2);
  });

  it.each<[string, Step, number]>([
    ["a status alone", { refuse: { status: 426 } }, 426],
    ["no status", { refuse: {} }, 400],
  ])("is refused by a step with %s", async (_name, step, status) => {
    const { url } = await emulator({ script: [step] });
    expect((await refusal(url)).status).toBe(status);
  });

  it("is refused with headers and a body", async () => {
    const refuse = {
      status: 503,
      headers: { "retry-after": "2", "set-cookie": ["a", "b"] },
      body: { error: { code: "slow_down" } },
    };
    const { url } = await emulator({ script: [{ refuse }] });
    const refused = await refusal(url);
    expect(refused.headers).toMatchObject({
      "retry-after": "2",
      "set-cookie": ["a", "b"],
      "content-type": "application/json",
    });
    expect(JSON.parse(refused.body)).toEqual(refuse.body);
  });

  it.each<[string, Parameters<typeof emulator>[0], Record<string, string>, number]>([
    ["websockets are off", { websockets: false }, {}, 426],
    ["there is no token", { requireAuth: true }, {}, 401],
    ["the beta header is missing", { requireWebSocketBeta: true }, {}, 400],
  ])("is refused when %s", async (_name, options, headers, status) => {
    const { url } = await emulator(options);
    const refused = await refusal(url, { headers });
    expect(refused.status).toBe(status);
    expect(JSON.parse(refused.body)).toMatchObject({ error: { type: "invalid_request_error" } });
  });

  it("is accepted with the token and the beta header", async () => {
    const headers = { authorization: "Bearer x", "openai-beta": "responses_websockets=2026-02-06" };
    await socketFor({ requireAuth: true, requireWebSocketBeta: true }, headers);
  });

  it("is refused at another address", async () => {
    const { url } = await emulator();
    expect((await refusal(`${url}/other`)).status).toBe(404);
  });

  it("is reset", async () => {
    const { url } = await emulator({ script: [{ refuse: "reset" }] });
    await expect(refusal(url)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("is never answered, until the client leaves", async () => {
    const server = await emulator({ script: [{ refuse: "stall" }] });
    const { hostname, port } = new URL(server.url);
    const socket = net.connect(Number(port), hostname);
    socket.write("GET /v1/responses HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    expect((await server.nextRequest()).kind).toBe("handshake");
    socket.end();
    socket.resume();
    await once(socket, "close");
    expect(socket.bytesRead).toBe(0);
  });

  it("is refused by a function with a status as by a list with refuse", async () => {
    const { url } = await emulator({ script: () => ({ status: 503 }) });
    expect((await refusal(url)).status).toBe(503);
  });

  it("has more headers when a step says so", async () => {
    const { socket } = await socketFor({ script: [{ accept: { headers: { "x-extra": "1" } } }] });
    expect((await socket.handshakeHeaders)["x-extra"]).toBe("1");
  });
});
