import { readFileSync } from "node:fs";
import { getDefaultAutoSelectFamily, type LookupFunction, setDefaultAutoSelectFamily } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { createDialer, targetOf } from "../../../src/client/route/index.ts";
import { listenOnLoopback, startTcpServer } from "../../support/proxies/loopback.ts";
import { closedPort } from "../../support/serve.ts";
import { loopbackTrust, serverIdentity } from "./loopback-trust.ts";
import { abortListeners, dialed, failureOf, readText, testDialer, watchHandles } from "./support.ts";

/** A lookup that never answers. */
const hangingLookup = () => {};

describe("without a proxy", () => {
  it.each(["http", "ws"])("dials %s by TCP alone", async (scheme) => {
    const server = await startTcpServer((socket) => socket.write("hello"));
    const socket = await dialed(testDialer(), `${scheme}://127.0.0.1:${server.port}`);
    expect(await readText(socket, 5)).toBe("hello");
  });

  it.each(["https", "wss"])("dials %s with TLS made by the given trust", async (scheme) => {
    const server = createTlsServer(serverIdentity(), (socket) => socket.write("hello"));
    const loopback = await listenOnLoopback(server, "https");
    onTestFinished(() => loopback.close());
    const trust = loopbackTrust();
    const socket = await dialed(testDialer({ trust }), `${scheme}://localhost:${loopback.port}`);
    expect(await readText(socket, 5)).toBe("hello");
    expect(trust.asked).toEqual(["localhost"]);
  });

  it.each(["::1", "[::1]"])("dials IPv6 written %s", async (hostname) => {
    const server = await startTcpServer((socket) => socket.write("hello"), "::1");
    const socket = await testDialer().dial({ protocol: "http:", hostname, port: server.port });
    expect(await readText(socket, 5)).toBe("hello");
    socket.destroy();
  });

  it.skipIf(process.platform !== "linux")("asks after 25 s of silence whether the peer is alive", async () => {
    const server = await startTcpServer(() => {});
    const socket = await dialed(testDialer(), `http://127.0.0.1:${server.port}`);
    const [here, there] = [socket.localPort, socket.remotePort].map(
      (port) => `:${(port ?? 0).toString(16).toUpperCase().padStart(4, "0")}`,
    );
    const rows = readFileSync("/proc/net/tcp", "utf8").split("\n");
    const fields = rows
      .map((row) => row.trim().split(/\s+/))
      .find(([, local, remote]) => local?.endsWith(here!) && remote?.endsWith(there!));
    const [timer, hundredths = ""] = fields?.[5]?.split(":") ?? [];
    expect(timer).toBe("02"); // keep-alive
    const seconds = Number.parseInt(hundredths, 16) / 100;
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThanOrEqual(25);
  });

  it("leaves no timer and no abort listener behind", async () => {
    const server = await startTcpServer(() => {});
    const settled = watchHandles();
    const controller = new AbortController();
    const socket = await dialed(testDialer(), `http://127.0.0.1:${server.port}`, controller.signal);
    expect(abortListeners(controller.signal)).toBe(0);
    for (const event of ["lookup", "connect"]) expect(socket.listenerCount(event)).toBe(0);
    expect(socket.listenerCount("error")).toBe(1);
    controller.abort();
    expect(socket.destroyed).toBe(false);
    socket.destroy();
    await settled();
  });
});

describe("a host that cannot be reached", () => {
  it("is refused with the code and what to check", async () => {
    const port = await closedPort();
    const error = await failureOf(testDialer().dial(targetOf(`https://127.0.0.1:${port}`)));
    expect(error).toMatchObject({ kind: "network", phase: "connect", code: "ECONNREFUSED", retryable: true });
    expect(error.message).toBe(
      `127.0.0.1:${port} refused the connection (ECONNREFUSED); check that the server is up and that no firewall blocks it`, // no proxy leads to this machine itself
    );
  });

  it("is named when its name has no address, with a hint at the missing proxy", async () => {
    const error = await failureOf(testDialer().dial(targetOf("wss://api.missing.test/v1")));
    expect(error).toMatchObject({ kind: "network", phase: "dns", code: "ENOTFOUND" });
    expect(error.message).toBe(
      "host name api.missing.test cannot be resolved (ENOTFOUND); check the name and this machine's DNS, or set HTTPS_PROXY if this network needs a proxy",
    );
  });

  it("is a DNS failure even when the resolver answers at once", async () => {
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(Object.assign(new Error("none"), { code: "EAI_AGAIN" }), "");
    const error = await failureOf(testDialer({ lookup }).dial(targetOf("https://api.missing.test")));
    expect(error).toMatchObject({ phase: "dns", code: "EAI_AGAIN" });
  });

  it("is said to be excluded from the proxy when NO_PROXY did it", async () => {
    const dialer = testDialer({ env: { HTTP_PROXY: "http://127.0.0.1:1", NO_PROXY: ".missing.test" } });
    const error = await failureOf(dialer.dial(targetOf("ws://api.missing.test")));
    expect(error.message).toContain("no proxy is used because of the entry .missing.test in NO_PROXY");
  });

  it("hints at no proxy when proxies are switched off", async () => {
    const error = await failureOf(testDialer({ proxy: false }).dial(targetOf("https://api.missing.test")));
    expect(error.message).not.toContain("PROXY");
  });

  it("is a TLS failure when it does not speak TLS", async () => {
    const server = await startTcpServer((socket) => socket.end("SSH-2.0-x\r\n"));
    const error = await failureOf(testDialer().dial(targetOf(`https://localhost:${server.port}`)));
    expect(error).toMatchObject({ kind: "network", phase: "tls" });
    await server.allClosed();
  });
});

describe("the connect timeout", () => {
  it("names the DNS lookup", async () => {
    const dialer = createDialer({ trust: loopbackTrust(), env: {}, lookup: hangingLookup });
    const error = await failureOf(dialer.dial(targetOf("https://api.slow.test"), { timeoutMs: 30 }));
    expect(error).toMatchObject({ kind: "timeout", phase: "connect", timeoutMs: 30, retryable: true });
    expect(error.message).toContain("within 30 ms: the dns lookup with api.slow.test:443 did not finish");
  });

  it("names the TLS handshake and closes the connection", async () => {
    const server = await startTcpServer(() => {});
    const settled = watchHandles();
    const error = await failureOf(testDialer().dial(targetOf(`https://localhost:${server.port}`), { timeoutMs: 60 }));
    expect(error.message).toContain(
      `localhost:${server.port} accepted the connection but did not answer the TLS handshake`,
    );
    await server.allClosed();
    await settled();
  });

  it("is off at 0", async () => {
    const server = await startTcpServer((socket) => socket.write("hello"));
    const lookup: LookupFunction = (_hostname, _options, callback) => {
      setTimeout(() => callback(null, [{ address: "127.0.0.1", family: 4 }]), 20);
    };
    const dialer = testDialer({ lookup });
    const socket = await dialer.dial(targetOf(`http://api.test:${server.port}`), { timeoutMs: 0 });
    expect(await readText(socket, 5)).toBe("hello");
    socket.destroy();
  });
});

describe("an abort", () => {
  it("before the dial opens nothing", async () => {
    const server = await startTcpServer(() => {});
    const signal = AbortSignal.abort("stop");
    const error = await failureOf(testDialer().dial(targetOf(`http://127.0.0.1:${server.port}`), { signal }));
    expect(error).toMatchObject({ kind: "aborted", cause: "stop" });
    expect(server.accepted()).toBe(0);
  });

  it("during the DNS lookup ends at once", async () => {
    const controller = new AbortController();
    const dialer = createDialer({ trust: loopbackTrust(), env: {}, lookup: () => controller.abort("stop") });
    const error = await failureOf(dialer.dial(targetOf("https://api.slow.test"), { signal: controller.signal }));
    expect(error).toMatchObject({ kind: "aborted", cause: "stop" });
    expect(abortListeners(controller.signal)).toBe(0);
  });

  it("between lookup and connect leaves no connection behind", async () => {
    const server = await startTcpServer(() => {});
    const settled = watchHandles();
    const controller = new AbortController();
    const dialer = createDialer({
      trust: loopbackTrust(),
      env: {},
      lookup: (_hostname, _options, callback) => {
        controller.abort();
        callback(null, [{ address: "127.0.0.1", family: 4 }]);
      },
    });
    const error = await failureOf(
      dialer.dial(targetOf(`http://api.test:${server.port}`), { signal: controller.signal }),
    );
    expect(error.kind).toBe("aborted");
    await settled();
  });

  it("that crosses the answer of the DNS lookup ends as an abort", async () => {
    const before = getDefaultAutoSelectFamily();
    setDefaultAutoSelectFamily(false); // with it Node reports the answer even to a socket that is destroyed
    onTestFinished(() => setDefaultAutoSelectFamily(before));
    const controller = new AbortController();
    let answered = () => {};
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const dialer = testDialer({
      lookup: (_hostname, _options, callback) => {
        setImmediate(async () => {
          controller.abort();
          for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
          callback(null, "127.0.0.1", 4);
          answered();
        });
      },
    });
    const dial = dialer.dial(targetOf("http://api.test:1"), { signal: controller.signal });
    expect((await failureOf(dial)).kind).toBe("aborted");
    await answer;
  });

  it("during the TLS handshake closes the connection", async () => {
    const controller = new AbortController();
    const server = await startTcpServer((socket) => {
      socket.once("data", () => controller.abort("stop"));
    });
    const settled = watchHandles();
    const dial = testDialer().dial(targetOf(`https://localhost:${server.port}`), { signal: controller.signal });
    expect((await failureOf(dial)).kind).toBe("aborted");
    expect(abortListeners(controller.signal)).toBe(0);
    await server.allClosed();
    await settled();
  });
});

it("a reset before anybody listens does not crash the process", async () => {
  const server = await startTcpServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
  const socket = await dialed(testDialer(), `http://127.0.0.1:${server.port}`);
  socket.write("x");
  await new Promise((resolve) => socket.once("close", resolve));
  expect(socket.errored).toMatchObject({ code: "ECONNRESET" });
});
