import { describe, expect, it } from "vitest";
import type { NetworkError } from "../../../src/client/failure/kinds.ts";
import { WebSocketConnection } from "../../../src/client/websocket/index.ts";
import { emulate } from "../../support/clients.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { startSocksProxy } from "../../support/proxies/socks-proxy.ts";
import { serveTcp } from "../../support/serve.ts";
import { loopbackTrust, serverIdentity } from "../proxy/loopback-trust.ts";
import { failureOf, testDialer } from "../proxy/support.ts";
import { answer101, frame, opcode, type RawPeer, serveRaw } from "./raw-server.ts";
import { listen, open } from "./support.ts";

const SECRET = "sk-secret-1234567890";

describe("the handshake on the wire", () => {
  it("has the reference's headers in its order, the caller's between them, and no others", async () => {
    const peers: RawPeer[] = [];
    const server = await serveRaw((peer) => peers.push(peer));
    await open(`${server.url}/v1/responses?api-version=1`, {
      headers: { authorization: "Bearer k", "x-b": "2", "x-a": "1" },
    });
    const [line, ...headers] = peers[0]?.request ?? [];
    expect(line).toBe("GET /v1/responses?api-version=1 HTTP/1.1");
    expect(headers.map((header) => header.replace(/^(Sec-WebSocket-Key: ).{22}==$/, "$1KEY"))).toEqual([
      `Host: 127.0.0.1:${server.port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: KEY",
      "authorization: Bearer k",
      "x-b: 2",
      "x-a: 1",
      "sec-websocket-extensions: permessage-deflate; client_max_window_bits",
    ]);
  });

  it("offers no extension when compression is off", async () => {
    const peers: RawPeer[] = [];
    const server = await serveRaw((peer) => peers.push(peer));
    await open(server.url, { compression: false });
    expect(peers[0]?.request.join("\n")).not.toMatch(/extensions/i);
  });

  it("sends nothing of the URL's user info, and takes http for ws", async () => {
    const peers: RawPeer[] = [];
    const server = await serveRaw((peer) => peers.push(peer));
    await open(`http://user:${SECRET}@127.0.0.1:${server.port}/path#part`);
    expect(peers[0]?.request.join("\n")).toMatch(/^GET \/path HTTP/);
    expect(peers[0]?.request.join("\n")).not.toMatch(/authorization|secret/i);
  });

  it("returns the headers of the answer, with repeated ones joined", async () => {
    const server = await serveRaw(undefined, { lines: ["X-Codex-Turn-State: t1", "X-Many: a", "X-Many: b"] });
    const connection = await open(server.url);
    expect(connection.headers).toMatchObject({ "x-codex-turn-state": "t1", "x-many": "a, b" });
  });

  // parity: websocket/bare-window
  it("understands client_max_window_bits without a value as the largest window", async () => {
    const extensions = "permessage-deflate; client_max_window_bits";
    const server = await serveRaw(() => {}, { lines: [`Sec-WebSocket-Extensions: ${extensions}`] });
    const connection = await open(server.url);
    expect(connection.isClosed).toBe(false);
    connection.terminate();
  });

  it("loses no frame that directly follows the answer", async () => {
    const server = await serveRaw(undefined, {
      answer: (key) => answer101(key) + frame(opcode.text, "early").toString("latin1"),
    });
    const heard = listen(await open(server.url));
    await heard.texted(1);
    expect(heard.texts).toEqual(["early"]);
  });
});

describe("the route to the server", () => {
  it("wss: the policy for certificates decides, and a custom CA is accepted", async () => {
    const emulator = await emulate({ tls: true });
    const url = `${emulator.url.replace("http", "ws")}/responses`;
    const refused = (await failureOf(
      WebSocketConnection.open({ url, headers: {}, dialer: testDialer() }),
    )) as unknown as NetworkError;
    expect(refused).toMatchObject({ kind: "network", phase: "tls", outlook: "never" });
    const own = await emulate({ tls: { key: serverIdentity().key, cert: serverIdentity().cert } });
    const trust = loopbackTrust();
    const connection = await open(`${own.url.replace("http", "ws")}/responses`, { dialer: testDialer({ trust }) });
    expect(connection.isClosed).toBe(false);
    expect(trust.asked).toEqual(["127.0.0.1"]);
  });

  it("ws through an HTTP proxy: by CONNECT, with the proxy's credentials and none of the server's", async () => {
    const credentials = { username: "u", password: "p" };
    const proxy = await startHttpProxy({ credentials });
    const peers: RawPeer[] = [];
    const server = await serveRaw((peer) => peers.push(peer));
    const dialer = testDialer({ env: { HTTP_PROXY: proxy.url.replace("//", "//u:p@") } });
    const heard = listen(await open(server.url, { dialer, headers: { authorization: `Bearer ${SECRET}` } }));
    peers[0]?.socket.write(frame(opcode.text, "through"));
    await heard.texted(1);
    expect(proxy.connects.map(({ target }) => target)).toEqual([`127.0.0.1:${server.port}`]);
    expect(JSON.stringify(proxy.connects)).not.toContain(SECRET);
    expect(peers[0]?.request.join("\n")).not.toMatch(/proxy-authorization/i);
  });

  it("a proxy's refusal is a network error that names it, not the server's answer", async () => {
    const proxy = await startHttpProxy({ credentials: { username: "u", password: "p" } });
    const server = await serveRaw();
    const error = await failureOf(open(server.url, { dialer: testDialer({ proxy: proxy.url }) }));
    expect(error).toMatchObject({ kind: "network", phase: "proxy", proxyStatus: 407 });
  });

  it("wss through a SOCKS proxy", async () => {
    const proxy = await startSocksProxy();
    const emulator = await emulate({ tls: { key: serverIdentity().key, cert: serverIdentity().cert } });
    const dialer = testDialer({ env: { ALL_PROXY: proxy.url.replace("socks5:", "socks5h:") } });
    const connection = await open(`${emulator.url.replace("http", "ws")}/responses`, { dialer });
    expect(connection.isClosed).toBe(false);
    expect(proxy.connects).toHaveLength(1);
  });

  it("one limit covers connection and handshake", async () => {
    const proxy = await serveTcp(() => {});
    const startedAt = performance.now();
    const dialer = testDialer({ proxy: proxy.url });
    const error = await failureOf(open("ws://example.test/", { dialer, connectTimeoutMs: 200 }));
    expect(error).toMatchObject({
      kind: "timeout",
      outlook: "never",
      message: expect.stringContaining("within 200 ms"),
    });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
