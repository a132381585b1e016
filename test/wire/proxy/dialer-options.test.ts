import type { LookupFunction } from "node:net";
import { describe, expect, it } from "vitest";
import { BuildError } from "../../../src/client/failure/kinds.ts";
import type { LogFields, Logger } from "../../../src/client/observe/log.ts";
import { silentLogger } from "../../../src/client/observe/log.ts";
import { type ConnectStep, type Dialer, describePeer, type Peer, targetOf } from "../../../src/client/route/index.ts";
import { startHttpProxy } from "../../support/proxies/http-proxy.ts";
import { startTcpServer } from "../../support/proxies/loopback.ts";
import { startSocksProxy } from "../../support/proxies/socks-proxy.ts";
import { dialed, testDialer } from "./support.ts";

function recordingLogger() {
  const lines: { level: string; fields: LogFields; message: string }[] = [];
  const record = (level: string) => (fields: LogFields, message: string) => void lines.push({ level, fields, message });
  const logger: Logger = { ...silentLogger, debug: record("debug"), warn: record("warn") };
  return { lines, logger };
}

describe("making a dialer", () => {
  it("fails at once on an unsupported proxy, in the environment and as the option", () => {
    expect(() => testDialer({ env: { HTTPS_PROXY: "socks4://p" } })).toThrow(BuildError);
    expect(() => testDialer({ proxy: "socks4://p" })).toThrow("the proxy option names a socks4:// proxy");
  });

  it("does not look at the environment's proxies where the option decides", () => {
    expect(testDialer({ proxy: false, env: { HTTPS_PROXY: "socks4://p" } }).route("https://a.test")).toEqual({
      kind: "direct",
      why: "disabled",
    });
  });

  it("reads the environment once", () => {
    const env: Record<string, string> = { HTTPS_PROXY: "http://first.test" };
    const dialer = testDialer({ env });
    env.HTTPS_PROXY = "http://second.test";
    const route = dialer.route("wss://a.test");
    expect(route.kind === "proxy" && route.proxy.hostname).toBe("first.test");
  });

  it("warns of entries of NO_PROXY that mean nothing", () => {
    const { lines, logger } = recordingLogger();
    testDialer({ logger, env: { NO_PROXY: "a.test, 10.0.0.0/99" } });
    expect(lines).toMatchObject([{ level: "warn", fields: { variable: "NO_PROXY", entries: ["10.0.0.0/99"] } }]);
  });

  it("refuses a URL of another scheme", () => {
    expect(() => testDialer().route("ftp://a.test")).toThrow(BuildError);
  });
});

describe("the steps of a dial are announced as they begin:", () => {
  const twoAddresses: LookupFunction = (_hostname, { all }, callback) => {
    const addresses = [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ];
    if (all) callback(null, addresses);
    else callback(null, "127.0.0.1", 4);
  };

  async function stepsOf(dialer: Dialer, url: string): Promise<string[]> {
    const steps: string[] = [];
    const onStep = (step: ConnectStep, peer: Peer) => void steps.push(`${step}: ${describePeer(peer)}`);
    const socket = await dialer.dial(targetOf(url), { onStep });
    socket.destroy();
    return steps;
  }

  it("directly, each once, however many addresses a name has", async () => {
    const { port } = await startTcpServer(() => {});
    expect(await stepsOf(testDialer({ lookup: twoAddresses }), `http://api.test:${port}`)).toEqual([
      `dns lookup: api.test:${port}`,
      `tcp connect: api.test:${port}`,
    ]);
  });

  it("to an observer whose failure is no matter of the dial, in an event of the socket too", async () => {
    const { port } = await startTcpServer(() => {});
    const steps: ConnectStep[] = [];
    const onStep = (step: ConnectStep) => {
      steps.push(step);
      throw new Error("a broken observer");
    };
    const socket = await testDialer({ lookup: twoAddresses }).dial(targetOf(`http://api.test:${port}`), { onStep });
    socket.destroy();
    expect(steps).toEqual(["dns lookup", "tcp connect"]);
  });

  it("through a SOCKS5 proxy for addresses", async () => {
    const { port } = await startTcpServer(() => {});
    const proxy = await startSocksProxy();
    const dialer = testDialer({ lookup: twoAddresses, env: { ALL_PROXY: proxy.url } });
    const proxyName = `the proxy 127.0.0.1:${proxy.port} (from ALL_PROXY)`;
    expect(await stepsOf(dialer, `ws://api.test:${port}`)).toEqual([
      `dns lookup: api.test:${port}`,
      `tcp connect: ${proxyName}`,
      `proxy handshake: ${proxyName}`,
    ]);
  });
});

it("the log names the proxy and never its credentials", async () => {
  const origin = await startTcpServer(() => {});
  const proxy = await startHttpProxy();
  const { lines, logger } = recordingLogger();
  const dialer = testDialer({ logger, env: { ALL_PROXY: proxy.url.replace("//", "//alice:s3cret@") } });
  await dialed(dialer, `ws://127.0.0.1:${origin.port}`);
  expect(lines).toMatchObject([
    { level: "debug", fields: { target: `127.0.0.1:${origin.port}`, proxy: proxy.url, source: "ALL_PROXY" } },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/alice|s3cret/);
});
