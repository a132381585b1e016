import { once } from "node:events";
import { request } from "node:http";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { targetOf } from "../../../src/client/route/index.ts";
import { packageVersion } from "../../../src/client/version.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { listenOnLoopback, startTcpServer } from "../../support/proxies/loopback.ts";
import { serve } from "../../support/serve.ts";
import { loopbackTrust, serverIdentity } from "./loopback-trust.ts";
import { dialed, failureOf, readText, scriptedProxy, testDialer } from "./support.ts";

const greeter = (host?: string) => startTcpServer((socket) => socket.write("hello"), host);

async function secureGreeter() {
  const server = createTlsServer(serverIdentity(), (socket) => {
    socket.on("error", () => {});
    socket.write("hello");
  });
  const loopback = await listenOnLoopback(server, "https");
  onTestFinished(() => loopback.close());
  return loopback;
}

describe("a tunnel through an HTTP proxy", () => {
  it.each([
    ["wss", "HTTPS_PROXY"],
    ["https", "HTTPS_PROXY"],
    ["https", "ALL_PROXY"],
  ])("carries %s chosen by %s", async (scheme, variable) => {
    const [origin, proxy] = [await secureGreeter(), await startHttpProxy()];
    const trust = loopbackTrust();
    const dialer = testDialer({ trust, env: { [variable]: proxy.url } });
    const socket = await dialed(dialer, `${scheme}://localhost:${origin.port}/v1`);
    expect(await readText(socket, 5)).toBe("hello");
    expect(proxy.connects.map(({ target }) => target)).toEqual([`localhost:${origin.port}`]);
    expect(trust.asked).toEqual(["localhost"]);
  });

  it("carries ws by CONNECT too", async () => {
    const [origin, proxy] = [await greeter(), await startHttpProxy()];
    const socket = await dialed(testDialer({ env: { HTTP_PROXY: proxy.url } }), `ws://127.0.0.1:${origin.port}`);
    expect(await readText(socket, 5)).toBe("hello");
    expect(proxy.connects).toHaveLength(1);
  });

  // parity: proxy/no-proxy-connection
  // parity: proxy/connect-user-agent
  it("asks with the headers that the reference sends for HTTPS and its own name, for ws too", async () => {
    const [origin, proxy] = [await greeter(), await startHttpProxy()];
    const withUser = proxy.url.replace("//", "//user:p%40ss@");
    await dialed(testDialer({ proxy: withUser }), `ws://127.0.0.1:${origin.port}`);
    expect(proxy.connects[0]?.rawHeaders).toEqual([
      "Host",
      `127.0.0.1:${origin.port}`,
      "User-Agent",
      `codex-wire/${packageVersion}`,
      "Proxy-Authorization",
      `Basic ${Buffer.from("user:p@ss").toString("base64")}`,
    ]);
  });

  it("sends no credentials where there are none", async () => {
    const [origin, proxy] = [await greeter(), await startHttpProxy()];
    await dialed(testDialer({ proxy: proxy.url }), `ws://127.0.0.1:${origin.port}`);
    expect(proxy.connects[0]?.headers).not.toHaveProperty("proxy-authorization");
  });

  it("sends the headers that an option adds, and those in place of its own", async () => {
    const [origin, proxy] = [await greeter(), await startHttpProxy()];
    const proxyHeaders = { "X-Department": "research", "user-agent": "my-agent/1" };
    await dialed(testDialer({ proxy: proxy.url, proxyHeaders }), `ws://127.0.0.1:${origin.port}`);
    expect(proxy.connects[0]?.headers).toMatchObject({ "x-department": "research", "user-agent": "my-agent/1" });
  });

  it("that repeats an added header on its page has it blanked in the message", async () => {
    const page = "<html><head><title>Not for acme-0123456789</title></head></html>";
    const head = `HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: ${page.length}\r\n\r\n`;
    const proxy = await scriptedProxy((write) => write(head + page));
    const proxyHeaders = { "x-tenant": "acme-0123456789", "user-agent": "my-agent/1" };
    const dialer = testDialer({ proxy: `http://127.0.0.1:${proxy.port}`, proxyHeaders });
    const { message } = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(message).toContain("Not for [redacted]");
    expect(message).not.toContain("acme");
  });

  it.each([
    ["an unasked 100 Continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"],
    ["a 103 with headers", "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"],
    ["a head of 100 KiB", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`],
  ])("stands after %s, and what came behind the answer is not lost", async (_what, answer) => {
    const proxy = await scriptedProxy((write) => write(`${answer}hello`));
    const socket = await dialed(testDialer({ proxy: `http://127.0.0.1:${proxy.port}` }), "ws://api.origin.test");
    expect(await readText(socket, 5)).toBe("hello");
  });

  it.each([
    ["403 Forbidden", '403 Forbidden (it says: "Blocked by policy")'],
    [
      "200 OK",
      'answered with a web page (200 OK) where the tunnel to api.origin.test:443 should begin (it says: "Blocked by policy")',
    ],
  ])("is not taken for one where a block page comes with %s, and the page is quoted", async (status, text) => {
    const page = "<html><head><title>Blocked by policy</title></head></html>";
    const head = `HTTP/1.1 ${status}\r\ncontent-type: text/html\r\ncontent-length: ${page.length}\r\n\r\n`;
    const proxy = await scriptedProxy((write) => write(head + page));
    const dialer = testDialer({ proxy: `http://127.0.0.1:${proxy.port}` });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_REFUSED", retryable: false });
    expect(error.message).toContain(text);
  });

  it("authenticates with special characters in the password", async () => {
    const credentials = { username: "us@er/corp", password: "p@s/s:w#r%d ä" };
    const [origin, proxy] = [await greeter(), await startHttpProxy({ credentials })];
    const user = `${encodeURIComponent(credentials.username)}:${encodeURIComponent(credentials.password)}`;
    const socket = await dialed(
      testDialer({ proxy: proxy.url.replace("//", `//${user}@`) }),
      `ws://127.0.0.1:${origin.port}`,
    );
    expect(await readText(socket, 5)).toBe("hello");
  });

  it("leaves the host's name to the proxy", async () => {
    const origin = await greeter();
    const proxy = await startHttpProxy({ hosts: { "inside.corp": "127.0.0.1" } });
    const socket = await dialed(testDialer({ proxy: proxy.url }), `ws://inside.corp:${origin.port}`);
    expect(await readText(socket, 5)).toBe("hello");
  });

  it("brackets an IPv6 target", async () => {
    const [origin, proxy] = [await greeter("::1"), await startHttpProxy()];
    const socket = await dialed(testDialer({ proxy: proxy.url }), `ws://[::1]:${origin.port}`);
    expect(await readText(socket, 5)).toBe("hello");
    expect(proxy.connects[0]).toMatchObject({
      target: `[::1]:${origin.port}`,
      headers: { host: `[::1]:${origin.port}` },
    });
  });

  it("goes through a proxy that speaks TLS, with TLS inside TLS", async () => {
    const [origin, proxy] = [await secureGreeter(), await startHttpProxy({ tls: serverIdentity() })];
    const trust = loopbackTrust();
    const dialer = testDialer({ trust, env: { HTTPS_PROXY: `https://127.0.0.1:${proxy.port}` } });
    const socket = await dialed(dialer, `https://localhost:${origin.port}`);
    expect(await readText(socket, 5)).toBe("hello");
    expect(trust.asked).toEqual(["127.0.0.1", "localhost"]);
    expect(proxy.connects).toHaveLength(1);
  });

  it("understands an answer that comes byte by byte", async () => {
    const proxy = await scriptedProxy(async (write) => {
      for (const byte of "HTTP/1.1 200 OK\r\nVia: x\r\n\r\nhello") await write(byte);
    });
    const socket = await dialed(testDialer({ proxy: `http://127.0.0.1:${proxy.port}` }), "ws://origin.test");
    expect(await readText(socket, 5)).toBe("hello");
  });

  it("keeps the bytes that come with the answer, in order", async () => {
    const proxy = await scriptedProxy((write) => write("HTTP/1.0 200 Connection established\r\n\r\nhello"));
    const socket = await dialed(testDialer({ proxy: `http://127.0.0.1:${proxy.port}` }), "ws://origin.test");
    await new Promise(setImmediate);
    expect(await readText(socket, 5)).toBe("hello");
  });

  it("leaves a socket as clean as a direct one", async () => {
    const [origin, proxy] = [await greeter(), await startHttpProxy()];
    const url = `ws://127.0.0.1:${origin.port}`;
    const direct = await dialed(testDialer(), url);
    const tunnelled = await dialed(testDialer({ proxy: proxy.url }), url);
    const listeners = (socket: typeof direct) =>
      Object.fromEntries(socket.eventNames().map((name) => [String(name), socket.listenerCount(name)]));
    expect(listeners(tunnelled)).toEqual(listeners(direct));
    expect(tunnelled.timeout ?? 0).toBe(direct.timeout ?? 0);
  });

  it("lets NO_PROXY pass it by", async () => {
    const [origin, proxy] = [await greeter(), await startHttpProxy()];
    const dialer = testDialer({ env: { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.0/8" } });
    await dialed(dialer, `ws://127.0.0.1:${origin.port}`);
    expect(proxy.accepted()).toBe(0);
  });

  it("is used for every URL when it is the option, NO_PROXY or not", async () => {
    const [origin, proxy] = [await greeter(), await startHttpProxy()];
    const dialer = testDialer({ proxy: proxy.url, env: { NO_PROXY: "*", HTTP_PROXY: "http://127.0.0.1:1" } });
    await dialed(dialer, `ws://127.0.0.1:${origin.port}`);
    expect(proxy.connects).toHaveLength(1);
  });

  it("is passed by when the option says false", async () => {
    const [origin, proxy] = [await greeter(), await startHttpProxy()];
    const dialer = testDialer({ proxy: false, env: { HTTP_PROXY: proxy.url } });
    await dialed(dialer, `ws://127.0.0.1:${origin.port}`);
    expect(proxy.accepted()).toBe(0);
  });
});

describe("plain HTTP through an HTTP proxy", () => {
  it("is forwarded in absolute form on a connection to the proxy", async () => {
    const origin = await serve((_request, response) => void response.end("hello"));
    const proxy = await startHttpProxy({ credentials: { username: "user", password: "p@ss" } });
    const dialer = testDialer({ env: { HTTP_PROXY: proxy.url.replace("//", "//user:p%40ss@") } });
    const forward = dialer.forward(`${origin.url}/v1`);
    expect(forward?.route).toMatchObject({ mode: "forward", source: "HTTP_PROXY" });
    const socket = (await forward?.dial())!;
    const sent = request({
      createConnection: () => socket,
      path: `${origin.url}/v1`,
      headers: { host: new URL(origin.url).host, ...forward?.headers },
    }).end();
    const [response] = await once(sent, "response");
    expect(response.statusCode).toBe(200);
    expect(proxy.forwards.map(({ target }) => target)).toEqual([`${origin.url}/v1`]);
    expect(proxy.connects).toHaveLength(0);
    socket.destroy();
  });

  it("reaches a proxy that speaks TLS", async () => {
    const proxy = await startHttpProxy({ tls: serverIdentity() });
    const trust = loopbackTrust();
    const forward = testDialer({ trust, proxy: `https://localhost:${proxy.port}` }).forward("http://a.test");
    const socket = await forward?.dial();
    expect(trust.asked).toEqual(["localhost"]);
    socket?.destroy();
  });

  it("names the proxy when the connection to it times out", async () => {
    const proxy = await startTcpServer(() => {});
    const forward = testDialer({ proxy: `https://localhost:${proxy.port}` }).forward("http://a.test");
    const error = await failureOf(forward!.dial({ timeoutMs: 60 }));
    expect(error.message).toContain(
      `the proxy localhost:${proxy.port} (from the proxy option) accepted the connection but did not answer the TLS handshake`,
    );
    await proxy.allClosed();
  });

  it("tells the proxy's 407 from every answer that an origin can give", () => {
    const forward = testDialer({ env: { HTTP_PROXY: "http://127.0.0.1:3128" } }).forward("http://a.test/v1");
    expect(forward?.refusal(407, { "proxy-authenticate": "Basic realm=x" })).toMatchObject({
      kind: "network",
      phase: "proxy",
      code: "PROXY_AUTHENTICATION_REQUIRED",
      proxyStatus: 407,
      message: expect.stringContaining("(from HTTP_PROXY) refused to connect to a.test:80: 407"),
    });
    expect(forward?.refusal(401, {})).toBeUndefined();
    expect(forward?.refusal(502, {})).toBeUndefined();
  });

  it("takes a 401 for the proxy's where it had credentials and the answer is no origin's", () => {
    const asking = { "www-authenticate": 'Basic realm="Tinyproxy"' };
    const forwardWith = (proxy: string) => testDialer({ proxy }).forward("http://a.test/v1");
    const forward = forwardWith("http://alice:pw@127.0.0.1:3128");
    expect(forward?.refusal(401, asking)).toMatchObject({
      code: "PROXY_AUTHENTICATION_REQUIRED",
      message: expect.stringContaining("check user name and password in the proxy option"),
    });
    expect(forward?.refusal(401, { ...asking, via: "1.1 proxy" })).toBeUndefined();
    expect(forward?.refusal(401, { "www-authenticate": "Bearer" })).toBeUndefined();
    expect(forward?.refusal(403, asking)).toBeUndefined();
    expect(forwardWith("http://127.0.0.1:3128")?.refusal(401, asking)).toBeUndefined();
  });

  it.each([
    ["https://a.test", "http://127.0.0.1:3128"],
    ["ws://a.test", "http://127.0.0.1:3128"],
    ["http://a.test", "socks5h://127.0.0.1:1080"],
    ["http://excluded.test", "http://127.0.0.1:3128"],
  ])("is the only thing forwarded: not %s through %s", (url, proxy) => {
    const dialer = testDialer({ env: { ALL_PROXY: proxy, NO_PROXY: "excluded.test" } });
    expect(dialer.forward(url)).toBeUndefined();
  });
});
