import type { LookupFunction } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { targetOf } from "../../../src/client/route/index.ts";
import { listenOnLoopback, startTcpServer } from "../../support/proxies/loopback.ts";
import { startSocksProxy } from "../../support/proxies/socks-proxy.ts";
import { serverIdentity } from "./loopback-trust.ts";
import { abortListeners, dialed, failureOf, printed, readText, testDialer, watchHandles } from "./support.ts";

const greeter = (host?: string) => startTcpServer((socket) => socket.write("hello"), host);

/** A server that answers the n-th thing it reads with the n-th of these byte strings. */
function scriptedProxy(...answers: readonly (readonly number[])[]) {
  return startTcpServer((socket) => {
    let next = 0;
    socket.on("data", () => {
      const answer = answers[next++];
      if (answer) socket.write(Buffer.from(answer));
    });
  });
}

describe("a connection through a SOCKS5 proxy", () => {
  it.each(["https", "wss"])("carries %s", async (scheme) => {
    const server = createTlsServer(serverIdentity(), (socket) => socket.on("error", () => {}).write("hello"));
    const origin = await listenOnLoopback(server, "https");
    onTestFinished(() => origin.close());
    const proxy = await startSocksProxy({ hosts: { localhost: "127.0.0.1" } });
    const dialer = testDialer({ env: { HTTPS_PROXY: `socks5h://127.0.0.1:${proxy.port}` } });
    const socket = await dialed(dialer, `${scheme}://localhost:${origin.port}`);
    expect(await readText(socket, 5)).toBe("hello");
    expect(proxy.connects).toHaveLength(1);
  });

  it.each(["http", "ws"])("carries %s, without absolute form", async (scheme) => {
    const [origin, proxy] = [await greeter(), await startSocksProxy()];
    const dialer = testDialer({ env: { HTTP_PROXY: proxy.url } });
    const url = `${scheme}://127.0.0.1:${origin.port}`;
    expect(await readText(await dialed(dialer, url), 5)).toBe("hello");
    expect(dialer.route(url)).toMatchObject({ kind: "proxy", mode: "tunnel" });
  });

  it("sends the name to the proxy with socks5h", async () => {
    const origin = await greeter();
    const proxy = await startSocksProxy({ hosts: { "inside.corp": "127.0.0.1" } });
    const dialer = testDialer({ proxy: `socks5h://127.0.0.1:${proxy.port}` });
    expect(await readText(await dialed(dialer, `ws://inside.corp:${origin.port}`), 5)).toBe("hello");
    expect(proxy.connects).toMatchObject([{ addressType: "name", host: "inside.corp", port: origin.port }]);
  });

  it("sends an address resolved here with socks5", async () => {
    const [origin, proxy] = [await greeter(), await startSocksProxy()];
    const dialer = testDialer({ proxy: proxy.url, hosts: { "api.test": "127.0.0.1" } });
    expect(await readText(await dialed(dialer, `ws://api.test:${origin.port}`), 5)).toBe("hello");
    expect(proxy.connects).toMatchObject([{ addressType: "ipv4", host: "127.0.0.1" }]);
  });

  it("prefers IPv4 where socks5 finds both", async () => {
    const [origin, proxy] = [await greeter(), await startSocksProxy()];
    const lookup: LookupFunction = (_hostname, { verbatim }, callback) => {
      if (verbatim === false) callback(null, "127.0.0.1", 4);
      else callback(null, "::1", 6);
    };
    await dialed(testDialer({ proxy: proxy.url, lookup }), `ws://api.test:${origin.port}`);
    expect(proxy.connects).toMatchObject([{ addressType: "ipv4" }]);
  });

  it.each(["socks5", "socks5h"])("sends an IPv6 literal as an address with %s", async (scheme) => {
    const [origin, proxy] = [await greeter("::1"), await startSocksProxy()];
    const dialer = testDialer({ proxy: `${scheme}://127.0.0.1:${proxy.port}` });
    expect(await readText(await dialed(dialer, `ws://[::1]:${origin.port}`), 5)).toBe("hello");
    expect(proxy.connects).toMatchObject([{ addressType: "ipv6", host: "::1" }]);
  });

  it("authenticates with special characters", async () => {
    const credentials = { username: "us@er", password: "p@s:s/ä%" };
    const [origin, proxy] = [await greeter(), await startSocksProxy({ credentials })];
    const user = `${encodeURIComponent(credentials.username)}:${encodeURIComponent(credentials.password)}`;
    const dialer = testDialer({ proxy: `socks5h://${user}@127.0.0.1:${proxy.port}` });
    expect(await readText(await dialed(dialer, `ws://127.0.0.1:${origin.port}`), 5)).toBe("hello");
    expect(proxy.connects).toMatchObject([{ username: "us@er" }]);
  });

  it("offers credentials that the proxy need not take", async () => {
    const [origin, proxy] = [await greeter(), await startSocksProxy()];
    const dialer = testDialer({ proxy: `socks5://u:p@127.0.0.1:${proxy.port}` });
    await dialed(dialer, `ws://127.0.0.1:${origin.port}`);
    expect(proxy.connects).toMatchObject([{ username: undefined }]);
  });

  it.each(["flowing", "read"])("keeps bytes that come with the reply, for a %s reader that comes late", async (way) => {
    const [origin, proxy] = [await startTcpServer(() => {}), await startSocksProxy({ behindReply: "early" })];
    const socket = await dialed(testDialer({ proxy: proxy.url }), `ws://127.0.0.1:${origin.port}`);
    for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
    if (way === "read") expect(await readText(socket, 5)).toBe("early");
    else expect(await new Promise((resolve) => socket.once("data", (bytes) => resolve(String(bytes))))).toBe("early");
  });

  it("leaves a socket as clean as a direct one", async () => {
    const [origin, proxy] = [await startTcpServer(() => {}), await startSocksProxy()];
    const url = `ws://127.0.0.1:${origin.port}`;
    const direct = await dialed(testDialer(), url);
    const tunnelled = await dialed(testDialer({ proxy: proxy.url }), url);
    await new Promise(setImmediate);
    const listeners = (socket: typeof direct) =>
      Object.fromEntries(socket.eventNames().map((name) => [String(name), socket.listenerCount(name)]));
    expect(listeners(tunnelled)).toEqual(listeners(direct));
    expect(tunnelled.readableFlowing).toBe(direct.readableFlowing);
  });
});

describe("a SOCKS5 proxy's refusal", () => {
  it("of wrong credentials is told apart and shows none of them", async () => {
    const proxy = await startSocksProxy({ credentials: { username: "alice", password: "right" } });
    const settled = watchHandles();
    const dialer = testDialer({ env: { ALL_PROXY: `socks5h://alice:wr0ng@127.0.0.1:${proxy.port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({
      kind: "network",
      phase: "proxy",
      code: "PROXY_AUTHENTICATION_REQUIRED",
      retryable: false,
    });
    expect(error.message).toContain(
      `the proxy 127.0.0.1:${proxy.port} (from ALL_PROXY) refused to connect to api.origin.test:443`,
    );
    expect(error.message).toContain("check user name and password in ALL_PROXY");
    expect(printed(error)).not.toMatch(/alice|wr0ng/);
    expect(proxy.rejected()).toBe(1);
    await proxy.allClosed();
    await settled();
  });

  it("of a client without credentials asks for them", async () => {
    const proxy = await startSocksProxy({ credentials: { username: "alice", password: "right" } });
    const dialer = testDialer({ env: { ALL_PROXY: `socks5h://127.0.0.1:${proxy.port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ code: "PROXY_AUTHENTICATION_REQUIRED" });
    expect(error.message).toContain("put user name and password into ALL_PROXY as socks5h://user:password@host:port");
  });

  it.each([
    [1, "general failure", true],
    [2, "its rules do not allow it", false],
    [3, "network unreachable", true],
    [4, "host unreachable", true],
    [5, "the host refused the connection", true],
    [6, "TTL expired", true],
    [7, "it does not know the command CONNECT", false],
    [8, "it does not accept this kind of address", false],
    [99, "an unknown answer", false],
  ])("with reply %d says: %s, retryable: %j", async (refuseWith, meaning, retryable) => {
    const proxy = await startSocksProxy({ refuseWith });
    const dialer = testDialer({ env: { HTTPS_PROXY: `socks5h://127.0.0.1:${proxy.port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_REFUSED", retryable });
    expect(error.message).toContain(`(from HTTPS_PROXY) refused to connect to api.origin.test:443: ${meaning}; `);
    await proxy.allClosed();
  });
});

describe("a SOCKS5 proxy that fails", () => {
  it.each<[string, ...number[][]]>([
    ["an HTTP server", [..."HTTP/1.1 400 Bad Request\r\n\r\n"].map((letter) => letter.charCodeAt(0))],
    ["SOCKS4", [0, 90]],
    ["an unknown method", [5, 77]],
    ["an unknown kind of address", [5, 0], [5, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ])("is recognised as no SOCKS5 proxy: %s", async (_kind, ...answers) => {
    const proxy = await scriptedProxy(...answers);
    const settled = watchHandles();
    const dialer = testDialer({ env: { ALL_PROXY: `socks5h://127.0.0.1:${proxy.port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_PROTOCOL_ERROR", retryable: false });
    expect(error.message).toContain("does not answer as a SOCKS5 proxy does; check scheme and port in ALL_PROXY");
    await proxy.allClosed();
    await settled();
  });

  it("ends the handshake when it hangs up", async () => {
    const proxy = await startTcpServer((socket) => socket.once("data", () => socket.end()));
    const settled = watchHandles();
    const dialer = testDialer({ env: { ALL_PROXY: `socks5h://u:s3cret@127.0.0.1:${proxy.port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_PROTOCOL_ERROR", retryable: true });
    expect(error.message).toContain("closed the connection when asked to connect to api.origin.test:443");
    expect(printed(error)).not.toContain("s3cret");
    await proxy.allClosed();
    await settled();
  });

  it("is reset: the error has the code", async () => {
    const proxy = await startTcpServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const dialer = testDialer({ env: { ALL_PROXY: `socks5h://u:s3cret@127.0.0.1:${proxy.port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ phase: "proxy", code: "ECONNRESET", retryable: true });
    expect(error.message).toContain("closed the connection when asked to connect to api.origin.test:443 (ECONNRESET)");
    expect(printed(error)).not.toContain("s3cret");
  });

  it("is not asked for a name that SOCKS5 cannot carry; the error is about the URL, and shows no password", async () => {
    const proxy = await startSocksProxy();
    const settled = watchHandles();
    const dialer = testDialer({ proxy: `socks5h://u:s3cret@127.0.0.1:${proxy.port}` });
    const error = await failureOf(dialer.dial(targetOf(`https://${"a".repeat(256)}/v1`)));
    expect(error).toMatchObject({ kind: "build" });
    expect(error.message).toContain("the host name in the URL has 256 bytes, and SOCKS5 cannot carry more than 255");
    expect(printed(error)).not.toContain("s3cret");
    await proxy.allClosed();
    await settled();
  });

  it("is named by the time-out when it never answers", async () => {
    const proxy = await startTcpServer(() => {});
    const settled = watchHandles();
    const dialer = testDialer({ env: { ALL_PROXY: `socks5h://127.0.0.1:${proxy.port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test"), { timeoutMs: 60 }));
    expect(error).toMatchObject({ kind: "timeout", phase: "connect", outlook: "never" });
    expect(error.message).toContain(`the proxy 127.0.0.1:${proxy.port} (from ALL_PROXY) accepted the connection`);
    await proxy.allClosed();
    await settled();
  });

  it("is cut by the caller's time limit alone, however long that is", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    let greeted = () => {};
    const greeting = new Promise<void>((resolve) => {
      greeted = resolve;
    });
    const proxy = await startTcpServer((socket) => socket.once("data", () => greeted()));
    const dialer = testDialer({ proxy: `socks5h://127.0.0.1:${proxy.port}` });
    let failed = false;
    const failure = failureOf(dialer.dial(targetOf("https://api.origin.test"), { timeoutMs: 120_000 })).finally(() => {
      failed = true;
    });
    await greeting;
    await vi.advanceTimersByTimeAsync(119_999);
    expect(failed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toMatchObject({ kind: "timeout", outlook: "never" });
  });

  it("is not called any more when the dial is aborted while socks5 looks the name up here", async () => {
    const proxy = await startSocksProxy();
    const controller = new AbortController();
    let resume = () => {};
    const lookup: LookupFunction = (_hostname, _options, callback) => {
      resume = () => callback(null, "127.0.0.1", 4);
      controller.abort("stop");
    };
    const dial = testDialer({ proxy: proxy.url, lookup }).dial(targetOf("ws://api.test"), {
      signal: controller.signal,
    });
    expect((await failureOf(dial)).kind).toBe("aborted");
    const settled = watchHandles();
    resume();
    for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
    await settled();
    expect(proxy.accepted()).toBe(0);
  });

  it("leaves nothing open when the dial is aborted during its handshake", async () => {
    const controller = new AbortController();
    const proxy = await startTcpServer((socket) => socket.once("data", () => controller.abort("stop")));
    const settled = watchHandles();
    const dialer = testDialer({ proxy: `socks5h://127.0.0.1:${proxy.port}` });
    const error = await failureOf(dialer.dial(targetOf("wss://api.origin.test"), { signal: controller.signal }));
    expect(error).toMatchObject({ kind: "aborted", cause: "stop" });
    expect(abortListeners(controller.signal)).toBe(0);
    await proxy.allClosed();
    await settled();
  });

  it("is not asked for a name that socks5 cannot resolve here; the error points to socks5h", async () => {
    const proxy = await startSocksProxy();
    const dialer = testDialer({ env: { HTTPS_PROXY: proxy.url } });
    const error = await failureOf(dialer.dial(targetOf("https://api.inside.corp")));
    expect(error).toMatchObject({ phase: "dns", code: "ENOTFOUND" });
    expect(error.message).toBe(
      "host name api.inside.corp cannot be resolved (ENOTFOUND); check the name, or write socks5h:// into HTTPS_PROXY so that the proxy resolves it",
    );
    expect(proxy.accepted()).toBe(0);
  });
});
