import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { join } from "node:path";
import { request as undiciRequest, WebSocket } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  connectWebSocket,
  createDispatcher,
  createFetch,
  createHttpAgent,
  createHttpsAgent,
} from "../../../src/client/interop/index.ts";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { emulate } from "../../support/clients.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { closedPort, serve, serveFlood, serveTcp } from "../../support/serve.ts";
import { settle, standstill } from "../../support/standstill.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** An emulator with TLS, and the variables that make it trusted. */
async function secured(options: EmulatorOptions = {}) {
  const emulator = await emulate({ tls: true, ...options });
  const folder = temporaryFolder("ca");
  const path = join(folder, "ca.pem");
  writeFileSync(path, emulator.caPem ?? "");
  return { emulator, env: { CODEX_CA_CERTIFICATE: path }, models: `${emulator.url}/models?client_version=1.0.0` };
}

describe("createFetch", () => {
  it("trusts the bundle and goes through the proxy, for strings, URLs and requests of Node's own fetch", async () => {
    const { emulator, env, models } = await secured();
    const proxy = await startHttpProxy();
    const policyFetch = createFetch({ env: { ...env, HTTPS_PROXY: proxy.url } });
    for (const input of [models, new URL(models), new Request(models, { headers: { "x-from": "request" } })]) {
      const response = await policyFetch(input);
      expect(response.status).toBe(200);
      expect(await response.json()).toHaveProperty("models");
    }
    expect(emulator.requests.at(-1)?.headers["x-from"]).toBe("request");
    expect(proxy.connects.length).toBeGreaterThan(0);
  });

  it("sends the body of a request of Node's own fetch", async () => {
    const { emulator, env } = await secured();
    const body = JSON.stringify({ model: "m", input: "hi", stream: false });
    const request = new Request(`${emulator.url}/responses`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect((await createFetch({ env })(request)).status).toBe(200);
    expect(emulator.requests[0]?.json).toMatchObject({ model: "m" });
  });

  it("sends a form of Node's own fetch, files included", async () => {
    const { url, requests } = await serve((_request, response) => response.end());
    const form = new FormData();
    form.append("purpose", "assistants");
    form.append("file", new File(["contents"], "a.txt", { type: "text/plain" }));
    const policyFetch = createFetch({ env: {} });
    for (const send of [
      policyFetch(url, { method: "POST", body: form }),
      policyFetch(new Request(url, { method: "POST", body: form })),
    ])
      expect((await send).status).toBe(200);
    for (const { headers, body } of requests) {
      const received = await new Response(body, {
        headers: { "content-type": String(headers["content-type"]) },
      }).formData();
      expect(received.get("purpose")).toBe("assistants");
      const file = received.get("file") as File;
      expect([file.name, file.type, await file.text()]).toEqual(["a.txt", "text/plain", "contents"]);
    }
    expect(requests.length).toBe(2);
  });

  it("fails with the policy's words where the server is not trusted", async () => {
    const { models } = await secured();
    const error = await createFetch({ env: {} })(models).catch((caught: Error) => caught);
    expect(error).toMatchObject({ cause: { kind: "network", phase: "tls" } });
  });

  it("refuses an unusable bundle when it is made, not with the first request", () => {
    expect(() => createFetch({ env: { CODEX_CA_CERTIFICATE: "/does/not/exist.pem" } })).toThrow(
      expect.objectContaining({ kind: "ca_read" }),
    );
  });

  it("reaches a server by its IPv6 address", async () => {
    const emulator = await emulate({ host: "::1" });
    const response = await createFetch({ env: {} })(`${emulator.url}/models?client_version=1.0.0`);
    expect(response.status).toBe(200);
  });

  it.each<[string, (url: string) => Parameters<typeof fetch>]>([
    ["a request of Node's own fetch", (url) => [new Request(url, { redirect: "manual" })]],
    ["the options", (url) => [url, { redirect: "manual" }]],
  ])("follows no redirect where %s says so", async (_who, call) => {
    const emulator = await emulate({ script: [{ status: 307, headers: { location: "/v1/models" } }] });
    expect((await createFetch({ env: {} })(...call(`${emulator.url}/models`))).status).toBe(307);
  });

  it("leaves a redirect over TLS to nowhere to undici, which says so", async () => {
    const script = [{ status: 307, headers: { location: "http://[" } }, { status: 307 }];
    const { emulator, env, models } = await secured({ script });
    const policyFetch = createFetch({ env });
    await expect(policyFetch(models)).rejects.toThrow("fetch failed");
    expect((await policyFetch(models)).status).toBe(307);
    expect(emulator.requests).toHaveLength(2);
  });

  it("goes on after an early answer (1xx) in a packet of its own", async () => {
    const { url } = await serveTcp(async (socket) => {
      await once(socket, "data");
      socket.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
      await settle();
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
    expect(await (await createFetch({ env: {} })(url)).text()).toBe("ok");
  });

  it("ends when its signal fires", async () => {
    const emulator = await emulate({ script: [{ stallBeforeHeaders: true }] });
    const abort = new AbortController();
    const response = createFetch({ env: {} })(`${emulator.url}/models`, { signal: abort.signal });
    await emulator.nextRequest();
    abort.abort();
    await expect(response).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("plain HTTP through a proxy", () => {
  it("goes in absolute form with the proxy's credentials, redirects included", async () => {
    const emulator = await emulate({
      script: [{ status: 307, headers: { location: "/v1/models?client_version=2.0.0" } }],
    });
    const proxy = await startHttpProxy({ credentials: { username: "alice", password: "s3cret" } });
    const policyFetch = createFetch({ env: { HTTP_PROXY: proxy.url.replace("http://", "http://alice:s3cret@") } });
    const response = await policyFetch(`${emulator.url}/models?client_version=1.0.0`, { headers: { "x-own": "1" } });
    expect(response.status).toBe(200);
    expect(proxy.forwards.map(({ target }) => target)).toEqual([
      `${emulator.url}/models?client_version=1.0.0`,
      `${emulator.url}/models?client_version=2.0.0`,
    ]);
    expect(proxy.connects).toEqual([]);
    expect(emulator.requests[1]?.headers).toMatchObject({ "x-own": "1" });
    expect(emulator.requests[1]?.headers).not.toHaveProperty("proxy-authorization");
  });

  it.each<[string, Parameters<typeof undiciRequest>[1] & { headers?: unknown }]>([
    ["no headers", {}],
    ["a list", { headers: ["x-own", "1", "x-more", "2"] }],
    ["an object", { headers: { "x-own": "1", "x-more": ["2"], "x-none": undefined } }],
    [
      "a map",
      {
        headers: new Map([
          ["x-own", "1"],
          ["x-more", "2"],
        ]) as never,
      },
    ],
  ])("keeps the headers of undici's request beside the credentials: %s", async (_form, given) => {
    const emulator = await emulate();
    const proxy = await startHttpProxy({ credentials: { username: "alice", password: "s3cret" } });
    const env = { HTTP_PROXY: proxy.url.replace("http://", "http://alice:s3cret@") };
    const dispatcher = await createDispatcher({ env });
    onTestFinished(() => dispatcher.close());
    const { statusCode, body } = await undiciRequest(`${emulator.url}/models`, { ...given, dispatcher });
    await body.dump();
    expect([statusCode, proxy.forwards.length]).toEqual([200, 1]);
    const { "x-own": own, "x-more": more } = emulator.requests[0]?.headers ?? {};
    expect([own, more]).toEqual("headers" in given ? ["1", "2"] : [undefined, undefined]);
  });
});

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
