import { once } from "node:events";
import type { Socket } from "node:net";
import { request as undiciRequest, WebSocket } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { createDispatcher } from "../../../src/client/interop/index.ts";
import { emulate } from "../../support/clients.ts";
import { serveFlood, serveTcp } from "../../support/serve.ts";
import { settle, standstill } from "../../support/standstill.ts";
import { secured } from "./support.ts";

describe("createDispatcher", () => {
  it("serves undici's own request", async () => {
    const { env, models } = await secured();
    const dispatcher = await createDispatcher({ env });
    onTestFinished(() => dispatcher.close());
    const { statusCode, body } = await undiciRequest(models, { dispatcher });
    expect(statusCode).toBe(200);
    await body.dump();
  });

  it.each([
    ["ends", (socket: Socket) => void socket.end()],
    ["is reset", (socket: Socket) => void socket.resetAndDestroy()],
  ])("a connection that is not kept may end while its reader pauses: it %s", async (_how, end) => {
    let peer: Socket | undefined;
    const { url } = await serveTcp((socket) => {
      peer = socket;
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello"));
    });
    const dispatcher = await dispatcherForTest();
    const { body } = await undiciRequest(url, { dispatcher, highWaterMark: 1 });
    await settle(); // with a byte taken, the reader has paused
    if (peer) end(peer);
    await settle();
    expect(await body.text()).toBe("hello");
  });

  it("slows the server down where a reader pauses, and gives it everything in the end", async () => {
    const { url, flood } = await serveFlood();
    const { body } = await undiciRequest(url, { dispatcher: await dispatcherForTest() });
    await standstill(() => flood.sent);
    expect(flood.sent).toBeLessThan(flood.pieces);
    expect((await body.text()).length).toBe(flood.bytes);
  });

  it("times a silent body out, but not one whose reader pauses", async () => {
    const { url } = await serveTcp((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nfull"));
    });
    const dispatcher = await dispatcherForTest();
    const paused = await undiciRequest(url, { dispatcher, highWaterMark: 1, bodyTimeout: 50 });
    const silent = await undiciRequest(url, { dispatcher, bodyTimeout: 100 });
    await expect(silent.body.text()).rejects.toMatchObject({ code: "UND_ERR_BODY_TIMEOUT" });
    expect(paused.body.errored).toBeNull();
    await expect(paused.body.text()).rejects.toMatchObject({ code: "UND_ERR_BODY_TIMEOUT" });
  });

  it("serves undici's WebSocket, which takes the connection over", async () => {
    const emulator = await emulate({ rateLimits: false });
    const websocket = new WebSocket(`${emulator.url.replace("http", "ws")}/responses`, {
      dispatcher: await dispatcherForTest(),
    });
    await once(websocket, "open");
    const message = once(websocket, "message");
    websocket.send(JSON.stringify({ type: "response.create", model: "m", input: "hi", stream: true }));
    const [{ data }] = (await message) as [MessageEvent];
    expect(JSON.parse(String(data)).type).toBe("response.created");
    websocket.close();
  });
});

async function dispatcherForTest() {
  const dispatcher = await createDispatcher({ env: {} });
  onTestFinished(() => dispatcher.destroy());
  return dispatcher;
}
