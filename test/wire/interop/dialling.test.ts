import { type ClientRequest, createServer, request as httpRequest, type RequestOptions } from "node:http";
import { createServer as createTlsServer, Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { join } from "node:path";
import { request as undiciRequest, WebSocket } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { createDispatcher, createFetch, createHttpAgent, createHttpsAgent } from "../../../src/client/interop/index.ts";
import { cert } from "../../support/certs.ts";
import { emulate } from "../../support/clients.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { listenOnLoopback } from "../../support/proxies/loopback.ts";
import { serve, serveTcp } from "../../support/serve.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

function textOf(request: ClientRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    request.on("error", reject).on("response", async (answer) => {
      let text = "";
      for await (const chunk of answer) text += String(chunk);
      resolve(text);
    });
    request.end();
  });
}

/** A server that accepts connections and sends nothing, so that a handshake does not end. */
async function serveSilence() {
  let onDial = (): void => {};
  const { port } = await serveTcp(() => onDial());
  const dialled = (listener: () => void): void => {
    onDial = listener;
  };
  return { port, dialled };
}

describe("an agent's request", () => {
  it("goes to its Unix socket, proxy or not, and nowhere else", async () => {
    const folder = temporaryFolder("socket");
    const socketPath = join(folder, "s.sock");
    const server = createServer((_request, answer) => answer.end("unix"));
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    onTestFinished(() => void server.close());
    const other = await serve((_request, answer) => answer.end("tcp"));
    const agent = createHttpAgent({ env: { HTTP_PROXY: "http://127.0.0.1:1" }, keepAlive: false });
    const port = Number(new URL(other.url).port);
    for (const options of [{ socketPath }, { socketPath, port }]) {
      expect(await textOf(httpRequest({ ...options, agent }))).toBe("unix");
    }
    expect(other.requests).toEqual([]);
    await expect(textOf(httpRequest({ socketPath: `${socketPath}.none`, agent }))).rejects.toThrow("does not exist");
  });

  it("resolves its name with its own lookup, and is refused where a proxy would do that", async () => {
    const server = await serve((_request, answer) => answer.end("found"));
    const lookup: RequestOptions["lookup"] = (_name, options, done) =>
      options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
    const address = { host: "nowhere.test", port: new URL(server.url).port, lookup };
    const direct = createHttpAgent({ env: {}, keepAlive: false });
    expect(await textOf(httpRequest({ ...address, agent: direct }))).toBe("found");
    const agent = createHttpAgent({ proxy: "http://127.0.0.1:1" });
    await expect(textOf(httpRequest({ ...address, agent }))).rejects.toMatchObject({
      kind: "build",
      message: expect.stringContaining("a lookup function has no effect through http://127.0.0.1:1"),
    });
  });

  it.each<[string, Partial<RequestOptions>, (request: ClientRequest, abort: () => void) => void, object]>([
    ["a signal", {}, (_request, abort) => abort(), { name: "AbortError" }],
    ["destroy()", {}, (request) => request.destroy(), { code: "ECONNRESET" }],
    ["destroy(reason)", {}, (request) => request.destroy(new Error("mine")), { message: "mine" }],
    ["timeout", { timeout: 50 }, () => {}, { message: "late" }],
    ["setTimeout()", {}, (request) => request.setTimeout(50), { message: "late" }],
  ])(
    "hears %s while it is dialled, as with Node's own agent, and the dial ends",
    async (_what, options, act, expected) => {
      const { port, dialled } = await serveSilence();
      for (const agent of [createHttpsAgent({ env: {}, connectTimeoutMs: 60_000 }), new HttpsAgent()]) {
        const controller = new AbortController();
        const { signal } = controller;
        const request = httpsRequest({ host: "127.0.0.1", port, agent, signal, ...options });
        request.on("timeout", () => request.destroy(new Error("late")));
        dialled(() => act(request, () => controller.abort()));
        await expect(textOf(request)).rejects.toMatchObject(expected);
      }
    },
  );

  it("whose signal has fired already ends with it, as with Node's own agent, and nothing is dialled", async () => {
    const connections: unknown[] = [];
    const server = await serveTcp((socket) => void connections.push(socket));
    const { port } = new URL(server.url);
    const ways = [
      { request: httpRequest, agent: createHttpAgent({ env: {} }) },
      { request: httpsRequest, agent: createHttpsAgent({ env: {} }) },
      { request: httpsRequest, agent: new HttpsAgent() },
    ];
    for (const { request, agent } of ways) {
      const signal = AbortSignal.abort(new Error("mine"));
      const failed = textOf(request({ host: "127.0.0.1", port, agent, signal }));
      await expect(failed).rejects.toMatchObject({ name: "AbortError", code: "ABORT_ERR", cause: { message: "mine" } });
    }
    expect(connections).toEqual([]);
  });

  it("ends when its agent is destroyed while it is dialled", async () => {
    const { port, dialled } = await serveSilence();
    const agent = createHttpsAgent({ env: {}, connectTimeoutMs: 60_000 });
    dialled(() => agent.destroy());
    const failed = textOf(httpsRequest({ host: "127.0.0.1", port, agent }));
    await expect(failed).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

describe("createDispatcher through a proxy", () => {
  it.each<[string, NonNullable<Parameters<typeof undiciRequest>[1]>["headers"]]>([
    ["an object", { authorization: "Bearer t", "x-two": ["a", "b"] }],
    ["a flat list", ["authorization", "Bearer t", "x-two", "a", "x-two", "b"]],
    [
      "a Map",
      new Map<string, string | string[]>([
        ["authorization", "Bearer t"],
        ["x-two", ["a", "b"]],
      ]),
    ],
    [
      "Headers",
      new Headers([
        ["authorization", "Bearer t"],
        ["x-two", "a"],
        ["x-two", "b"],
      ]) as never,
    ],
  ])("keeps headers given as %s, beside the proxy's", async (_form, headers) => {
    const server = await serve((_request, answer) => answer.end());
    const proxy = await startHttpProxy();
    const dispatcher = await createDispatcher({ proxy: proxy.url.replace("//", "//user:pass@") });
    onTestFinished(() => dispatcher.close());
    await (await undiciRequest(server.url, { dispatcher, headers: headers as string[] })).body.dump();
    expect(proxy.forwards[0]?.headers).toMatchObject({ authorization: "Bearer t", "x-two": "a, b" });
    expect(proxy.forwards[0]?.headers).toHaveProperty("proxy-authorization");
  });

  it("opens undici's WebSocket in a tunnel", async () => {
    const emulator = await emulate();
    const proxy = await startHttpProxy();
    const dispatcher = await createDispatcher({ proxy: proxy.url });
    onTestFinished(() => dispatcher.close());
    const websocket = new WebSocket(`${emulator.url.replace("http", "ws")}/responses`, { dispatcher });
    await new Promise<void>((resolve, reject) => {
      websocket.addEventListener("open", () => resolve());
      websocket.addEventListener("error", ({ error }) => reject(error ?? new Error("not opened")));
    });
    websocket.close();
    expect([proxy.connects.length, proxy.forwards.length]).toEqual([1, 0]);
  });
});

describe("createFetch", () => {
  it("does not follow a redirect from https to http, unless it is asked not to follow any", async () => {
    const plain = await serve((_request, answer) => answer.end("in clear"));
    const server = createTlsServer({ key: cert("server.key"), cert: cert("server.pem") }, (_request, answer) =>
      answer.writeHead(307, { location: `${plain.url}/x` }).end(),
    );
    const { port } = await listenOnLoopback(server, "https");
    onTestFinished(() => void server.close());
    const policyFetch = createFetch({ env: {}, ca: { pem: cert("root.pem") } });
    const send = { method: "POST", body: "secret", headers: { "api-key": "k" } };
    await expect(policyFetch(`https://localhost:${port}/`, send)).rejects.toMatchObject({
      cause: { code: "REDIRECT_REFUSED", retryable: false },
    });
    expect((await policyFetch(`https://localhost:${port}/`, { ...send, redirect: "manual" })).status).toBe(307);
    expect(plain.requests).toEqual([]);
  });
});
