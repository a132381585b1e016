import { once } from "node:events";
import { request as undiciRequest } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { createDispatcher, createFetch } from "../../../src/client/interop/index.ts";
import { emulate } from "../../support/clients.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { serve, serveTcp } from "../../support/serve.ts";
import { settle } from "../../support/standstill.ts";
import { secured } from "./support.ts";

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

  it("sends no key of any name to another origin that a redirect names (parity: redirect/credentials)", async () => {
    const other = await serve((_request, response) => response.end("other"));
    const own = await serve(({ path }, response) => {
      response.writeHead(307, { location: path === "/" ? "/again" : other.url }).end();
    });
    const headers = { authorization: "Bearer k", "api-key": "k", "x-goog-api-key": "k", "x-team": "search" };
    const answer = await createFetch({ env: {} })(own.url, { method: "POST", body: "{}", headers });
    expect([answer.status, await answer.text()]).toEqual([200, "other"]);
    expect(own.requests.map((sent) => sent.headers["api-key"])).toEqual(["k", "k"]);
    const sent = other.requests[0]?.headers;
    expect(Object.keys(headers).filter((name) => sent?.[name] !== undefined)).toEqual(["x-team"]);
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
