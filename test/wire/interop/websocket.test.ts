import { describe, expect, it, onTestFinished } from "vitest";
import { connectWebSocket } from "../../../src/client/interop/index.ts";
import { emulate } from "../../support/clients.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { secured } from "./support.ts";

describe("connectWebSocket", () => {
  it("follows bundle and proxy, and loses no frame that stands right behind the handshake", async () => {
    const { emulator, env } = await secured();
    const proxy = await startHttpProxy();
    const websocket = await connectWebSocket(`${emulator.url.replace("https", "wss")}/responses`, {
      env: { ...env, HTTPS_PROXY: proxy.url },
      headers: { "x-own": "1" },
    });
    onTestFinished(() => websocket.terminate());
    const first = new Promise<string>((resolve) =>
      websocket.once("message", (data: Buffer) => resolve(data.toString())),
    );
    websocket.send(JSON.stringify({ type: "response.create", model: "m", input: "hi" }));
    expect(JSON.parse(await first)).toHaveProperty("type");
    expect(proxy.connects.length).toBe(1);
    expect(emulator.requests[0]?.headers["x-own"]).toBe("1");
  });

  it("hands a refusal over with status and body", async () => {
    const emulator = await emulate({ websockets: false });
    await expect(connectWebSocket(`${emulator.url}/responses`, { env: {} })).rejects.toMatchObject({
      kind: "http",
      status: 426,
    });
  });
});
