import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { describe, expect, it, onTestFinished } from "vitest";
import { createHttpAgent, createHttpsAgent } from "../../../src/client/interop/index.ts";
import { emulate } from "../../support/clients.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { closedPort } from "../../support/serve.ts";
import { secured } from "./support.ts";

describe("Node's agents", () => {
  const get = (send: typeof httpRequest, url: string, agent: ReturnType<typeof createHttpAgent>) =>
    new Promise<number>((resolve, reject) => {
      onTestFinished(() => agent.destroy());
      send(url, { agent }, (response: IncomingMessage) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      })
        .on("error", reject)
        .end();
    });

  it("https: the bundle and the proxy hold, and connections are kept", async () => {
    const { emulator, env, models } = await secured();
    const proxy = await startHttpProxy();
    const agent = createHttpsAgent({ env: { ...env, HTTPS_PROXY: proxy.url } });
    expect(await get(httpsRequest, models, agent)).toBe(200);
    expect(await get(httpsRequest, models, agent)).toBe(200);
    expect(new Set(emulator.requests.map(({ connection }) => connection)).size).toBe(1);
    expect(proxy.connects.length).toBe(1);
  });

  it("keep as many connections as they are told, and reach IPv6 addresses", async () => {
    const emulator = await emulate({ host: "::1" });
    const agent = createHttpAgent({ env: {}, maxSockets: 1, maxFreeSockets: 1, keepAliveMsecs: 500 });
    const models = `${emulator.url}/models?client_version=1.0.0`;
    expect(await Promise.all([1, 2, 3].map(() => get(httpRequest, models, agent)))).toEqual([200, 200, 200]);
    expect(new Set(emulator.requests.map(({ connection }) => connection)).size).toBe(1);
    expect(agent).toMatchObject({ maxSockets: 1, maxFreeSockets: 1, options: { keepAliveMsecs: 500 } });
  });

  it("give the place of a connection that cannot be opened to the next request", async () => {
    const agent = createHttpAgent({ env: {}, maxSockets: 1 });
    const url = `http://127.0.0.1:${await closedPort()}/`;
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => get(httpRequest, url, agent)));
    const refused = { status: "rejected", reason: { code: "ECONNREFUSED" } };
    expect(outcomes).toMatchObject([refused, refused, refused]);
    expect([Object.keys(agent.sockets), agent]).toMatchObject([[], { totalSocketCount: 0 }]);
  });

  it("http: through the proxy's tunnel", async () => {
    const emulator = await emulate();
    const proxy = await startHttpProxy();
    const agent = createHttpAgent({ env: { HTTP_PROXY: proxy.url } });
    expect(await get(httpRequest, `${emulator.url}/models?client_version=1.0.0`, agent)).toBe(200);
    expect(proxy.connects.length).toBe(1);
  });

  it("hand the policy's error to the request", async () => {
    const { models } = await secured();
    await expect(get(httpsRequest, models, createHttpsAgent({ env: {} }))).rejects.toMatchObject({
      kind: "network",
      phase: "tls",
    });
  });
});
