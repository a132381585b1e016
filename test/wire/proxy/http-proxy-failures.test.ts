import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { targetOf } from "../../../src/client/route/index.ts";
import { createTrust } from "../../../src/client/trust/index.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { startTcpServer } from "../../support/proxies/loopback.ts";
import { closedPort } from "../../support/serve.ts";
import { get, openTransport } from "../../support/transport.ts";
import { abortListeners, failureOf, printed, scriptedProxy, testDialer, watchHandles } from "./support.ts";

// parity: proxy/refusal-told-apart
describe("a proxy's refusal", () => {
  it.each([
    [
      407,
      "PROXY_AUTHENTICATION_REQUIRED",
      false,
      "407 Proxy Authentication Required; put user name and password into HTTPS_PROXY",
    ],
    [401, "PROXY_AUTHENTICATION_REQUIRED", false, "401 Unauthorized; put user name and password into HTTPS_PROXY"],
    [403, "PROXY_REFUSED", false, "403 Forbidden; ask its operators to allow this host"],
    [404, "PROXY_REFUSED", false, "404 Not Found; check that it is a proxy"],
    [502, "PROXY_REFUSED", true, "502 Bad Gateway; it could not reach the host itself"],
    [302, "PROXY_REFUSED", false, "302 Found; the network or the proxy requires a login first"],
  ])("with %d has the code %s, retryable: %j", async (status, code, retryable, text) => {
    const proxy = await startHttpProxy({ refuseWith: { status } });
    const settled = watchHandles();
    const dialer = testDialer({ env: { HTTPS_PROXY: proxy.url } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test/v1")));
    expect(error).toMatchObject({ kind: "network", phase: "proxy", code, proxyStatus: status, retryable });
    expect(error.message).toContain(
      `the proxy 127.0.0.1:${proxy.port} (from HTTPS_PROXY) refused to connect to api.origin.test:443: ${text}`,
    );
    await proxy.allClosed();
    await settled();
  });

  it.each([
    [403, "or leave the proxy option out if it can be reached directly"],
    [407, "put user name and password into the proxy option as http://user:password@host:port"],
  ])("of a proxy that the program names: %d says what to do about the program", async (status, advice) => {
    const proxy = await startHttpProxy({ refuseWith: { status } });
    const dialer = testDialer({ proxy: proxy.url });
    expect((await failureOf(dialer.dial(targetOf("https://api.origin.test/v1")))).message).toContain(advice);
  });

  it("of TLS, where the port is one for plain text, names proxy and source", async () => {
    const proxy = await startHttpProxy();
    const dialer = testDialer({
      env: { HTTPS_PROXY: proxy.url.replace("http:", "https:") },
      trust: createTrust({ env: {} }),
    });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test/v1")));
    expect(error).toMatchObject({ kind: "network", phase: "tls" });
    expect(error.message).toContain(`TLS handshake with the proxy 127.0.0.1:${proxy.port} (from HTTPS_PROXY) failed`);
  });

  it("of wrong credentials says where they stand and never what they are", async () => {
    const proxy = await startHttpProxy({ credentials: { username: "alice", password: "right" } });
    const dialer = testDialer({ env: { https_proxy: proxy.url.replace("//", "//alice:wr0ng%40pw@") } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ code: "PROXY_AUTHENTICATION_REQUIRED", proxyStatus: 407 });
    expect(error.message).toContain("check user name and password in https_proxy");
    expect(printed(error)).not.toMatch(/alice|wr0ng|YWxpY2U/);
  });

  it("that offers no Basic says so", async () => {
    const headers = { "proxy-authenticate": 'NTLM, Negotiate realm="x"' };
    const proxy = await startHttpProxy({ refuseWith: { status: 407, headers } });
    const error = await failureOf(testDialer({ proxy: proxy.url }).dial(targetOf("https://api.origin.test")));
    expect(error.message).toContain("it accepts only ntlm, negotiate and this client sends Basic");
  });

  it("offers what each of its headers says, and a line without a name nothing", async () => {
    const offers = ["NTLM", 'Basic realm="x"'].map((each) => `proxy-authenticate: ${each}\r\n`).join("");
    const proxy = await scriptedProxy((write) => write(`HTTP/1.1 407 No\r\n${offers}: nameless\r\nodd\r\n\r\n`));
    const dialer = testDialer({ proxy: `http://127.0.0.1:${proxy.port}` });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ code: "PROXY_AUTHENTICATION_REQUIRED", proxyStatus: 407 });
    expect(error.message).not.toContain("accepts only");
  });

  it("is not waited out when its body never ends", async () => {
    const proxy = await scriptedProxy((write) => write("HTTP/1.1 403 No\r\ncontent-length: 1000000\r\n\r\nsome"));
    const settled = watchHandles();
    const dialer = testDialer({ proxy: `http://127.0.0.1:${proxy.port}` });
    expect(await failureOf(dialer.dial(targetOf("wss://api.origin.test")))).toMatchObject({ proxyStatus: 403 });
    await proxy.allClosed();
    await settled();
  });

  it("keeps the proxy's own words out of the message", async () => {
    const proxy = await scriptedProxy((write) =>
      write("HTTP/1.1 599 echo-secret\r\nx: echo-secret\r\n\r\necho-secret"),
    );
    const dialer = testDialer({ proxy: `http://127.0.0.1:${proxy.port}` });
    expect(printed(await failureOf(dialer.dial(targetOf("wss://api.origin.test"))))).not.toContain("echo-secret");
  });
});

describe("a proxy that fails", () => {
  it("is named when nothing listens there", async () => {
    const port = await closedPort();
    const dialer = testDialer({ env: { ALL_PROXY: `http://u:s3cret@127.0.0.1:${port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ phase: "connect", code: "ECONNREFUSED" });
    expect(error.message).toBe(
      `the proxy 127.0.0.1:${port} (from ALL_PROXY) refused the connection (ECONNREFUSED); check host and port in ALL_PROXY, and that the proxy is up`,
    );
    expect(printed(error)).not.toContain("s3cret");
  });

  it("is named when its name has no address", async () => {
    const dialer = testDialer({ env: { HTTPS_PROXY: "http://proxy.missing.test:3128" } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ phase: "dns", code: "ENOTFOUND" });
    expect(error.message).toBe(
      "host name proxy.missing.test of the proxy from HTTPS_PROXY cannot be resolved (ENOTFOUND); check the name and this machine's DNS",
    );
  });

  it("is told from a slow origin when it never answers", async () => {
    const proxy = await startTcpServer(() => {});
    const settled = watchHandles();
    const dialer = testDialer({ env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test"), { timeoutMs: 60 }));
    expect(error).toMatchObject({ kind: "timeout", phase: "connect", outlook: "never" });
    expect(error.message).toContain(
      `the proxy 127.0.0.1:${proxy.port} (from HTTPS_PROXY) accepted the connection but did not answer within 60 ms`,
    );
    await proxy.allClosed();
    await settled();
  });

  it("ends a handshake when it hangs up", async () => {
    const proxy = await startTcpServer((socket) => socket.once("data", () => socket.end()));
    const dialer = testDialer({ env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ kind: "network", phase: "proxy", retryable: true });
    expect(error.message).toContain("closed the connection when asked to connect to api.origin.test:443");
    await proxy.allClosed();
  });

  it("is recognised as no HTTP proxy", async () => {
    const proxy = await scriptedProxy((write) => write("\x15\x03\x01\x00\x02\x02\x46"));
    const settled = watchHandles();
    const dialer = testDialer({ env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
    const error = await failureOf(dialer.dial(targetOf("https://api.origin.test")));
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_PROTOCOL_ERROR", retryable: false });
    expect(error.message).toContain("does not answer as an HTTP proxy does; check scheme and port in HTTPS_PROXY");
    await proxy.allClosed();
    await settled();
  });

  it.each([
    ["its headers", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(1_000_000)}`],
    ["announcements of an answer that never comes", "HTTP/1.1 102 Processing\r\n\r\n".repeat(40_000)],
  ])("cannot fill the memory with %s", async (_what, bytes) => {
    const proxy = await scriptedProxy((write) => write(bytes));
    const dialer = testDialer({ proxy: `http://127.0.0.1:${proxy.port}` });
    expect(await failureOf(dialer.dial(targetOf("wss://api.origin.test")))).toMatchObject({
      code: "RESPONSE_HEAD_TOO_LARGE",
      retryable: false,
    });
    await proxy.allClosed();
  });

  it("leaves nothing open when the dial is aborted during its handshake", async () => {
    const controller = new AbortController();
    const proxy = await startTcpServer((socket) => socket.once("data", () => controller.abort("stop")));
    const settled = watchHandles();
    const dialer = testDialer({ proxy: `http://127.0.0.1:${proxy.port}` });
    const error = await failureOf(dialer.dial(targetOf("wss://api.origin.test"), { signal: controller.signal }));
    expect(error).toMatchObject({ kind: "aborted", cause: "stop" });
    expect(abortListeners(controller.signal)).toBe(0);
    await proxy.allClosed();
    await settled();
  });
});

describe("a request for plain HTTP that a proxy should forward names the proxy", () => {
  const proxyAt = (port: number) => `the proxy 127.0.0.1:${port} (from HTTP_PROXY)`;

  it.each<[string, (socket: Socket) => unknown, object, (port: number) => string]>([
    [
      "hangs up",
      (socket) => socket.end(),
      { phase: "request", retryable: true },
      (port) => `the request was sent to ${proxyAt(port)}: check that this is an HTTP proxy, its scheme and port, and`,
    ],
    [
      "speaks TLS",
      (socket) => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 0x28])),
      { code: "NOT_HTTP", outlook: "never" },
      (port) => `${proxyAt(port)} uses TLS: write https:// instead of http:// there`,
    ],
    [
      "speaks another protocol",
      (socket) => socket.end("220 mail.example.test ESMTP\r\n"),
      { code: "NOT_HTTP", outlook: "never" },
      (port) => `${proxyAt(port)} sent it: check that this is an HTTP proxy, and its scheme and port`,
    ],
    [
      "does not answer",
      () => {},
      { kind: "timeout", phase: "headers" },
      (port) => `within 60 ms; ${proxyAt(port)} accepted the request but does not answer`,
    ],
  ])("when it %s", async (_what, answer, fields, text) => {
    const proxy = await startTcpServer((socket) => socket.once("data", () => answer(socket)));
    const dialer = testDialer({ env: { HTTP_PROXY: `http://alice:s3cret@127.0.0.1:${proxy.port}` } });
    const request = get("http://api.origin.test/v1", { timeouts: { headersMs: 60 } });
    const error = await failureOf(openTransport({ dialer }).execute(request));
    expect(error).toMatchObject(fields);
    expect(error.message).toContain("http://api.origin.test/v1");
    expect(error.message).toContain(text(proxy.port));
    expect(printed(error)).not.toContain("s3cret");
    await proxy.allClosed();
  });
});
