import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { CodexApi, noAuth, openaiProvider } from "../../../../src/index.ts";
import { wire } from "../../session/support.ts";
import { connect, gate } from "./support.ts";

describe("a WebSocket", () => {
  it("is forwarded unchanged, with the gateway's key and the service's headers", async () => {
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

  it("is logged with its token, as `finished` if no response was in progress when the client closed it, else as `left`", async () => {
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

  it("is refused as by the service", async () => {
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

  it("is closed with the code and reason of the service", async () => {
    const { url } = await gate({ script: [{ events: [wire.created], close: { code: 1011, reason: "so" } }] });
    const socket = await connect(url);
    socket.send(JSON.stringify({ type: "response.create", model: "m", input: "hi" }));
    const [code, reason] = await once(socket, "close");
    expect([code, String(reason)]).toEqual([1011, "so"]);
  });
});
