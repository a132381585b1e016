import { execFileSync } from "node:child_process";
import { createServer, get } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createFetch, createHttpAgent } from "../../src/client/interop/index.ts";
import { emulate } from "../support/clients.ts";
import { open } from "./asking.ts";

/** Well within the minute that a request may lose. */
const NOTICED_MS = 62_000;

function nft(command: string): void {
  execFileSync("nft", command.split(" "));
}

/** From now on every packet of the connection is dropped, in both directions, without a word. */
function cut(port: number, peerPort: number): void {
  nft("add table inet cut");
  nft("add chain inet cut out { type filter hook output priority 0 ; }");
  for (const [from, to] of [
    [port, peerPort],
    [peerPort, port],
  ])
    nft(`add rule inet cut out tcp sport ${from} tcp dport ${to} drop`);
}

async function keepingServer(): Promise<{ url: string; port: number; peers: () => number[] }> {
  const peers: Socket[] = [];
  const server = createServer((request, answer) => {
    request.resume().on("end", () => answer.end("ok"));
  });
  server.keepAliveTimeout = 600_000;
  server.on("connection", (socket) => peers.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of peers) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, port, peers: () => peers.map(({ remotePort }) => remotePort ?? 0) };
}

/** A request whose path dies. @returns The error that it ends with. */
type Scenario = () => Promise<unknown>;

/** A stream whose server has gone silent; every connection to it is cut. */
async function silentStream(carrier: "SSE" | "WebSocket"): Promise<Scenario> {
  const emulator = await emulate({ script: [{ stallAfterEvents: 2 }] });
  const stream = await open({ carrier, baseUrl: emulator.url, env: {} });
  const reader = stream[Symbol.asyncIterator]();
  await reader.next();
  const port = Number(new URL(emulator.url).port);
  for (const peer of connectionsTo(port)) cut(peer, port);
  return async () => {
    while (!(await reader.next()).done);
  };
}

/** A request of `createFetch` on a kept connection; after it the next one gets through. */
async function keptByFetch(): Promise<Scenario> {
  const { url, port, peers } = await keepingServer();
  const policyFetch = createFetch({ env: {} });
  // The first connection may not be free yet when its answer has been read; then the second request opens another.
  for (let round = 0; round < 2; round += 1) expect(await (await policyFetch(url)).text()).toBe("ok");
  await new Promise(setImmediate);
  for (const peer of peers()) cut(peer, port);
  return async () => {
    try {
      await policyFetch(url);
    } finally {
      expect(await (await policyFetch(url)).text()).toBe("ok");
    }
  };
}

/** A request on a kept connection of an agent. */
async function keptByAgent(): Promise<Scenario> {
  const { url, port, peers } = await keepingServer();
  const agent = createHttpAgent({ env: {} });
  onTestFinished(() => agent.destroy());
  const ask = (): Promise<string> =>
    new Promise((resolve, reject) => {
      get(url, { agent }, (answer) => answer.setEncoding("utf8").on("data", resolve)).on("error", reject);
    });
  expect(await ask()).toBe("ok");
  for (const peer of peers()) cut(peer, port);
  return ask;
}

/** How long `scenario` takes to fail, in milliseconds, and with what. */
async function failureOf(scenario: Scenario): Promise<{ readonly ms: number; readonly error: unknown }> {
  const startedAt = performance.now();
  const error = await scenario().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { ms: performance.now() - startedAt, error };
}

// parity: stream/liveness
it("a dead path is noticed within the minute by streams over SSE and WebSocket, createFetch and agents", async () => {
  const scenarios = {
    sse: await silentStream("SSE"),
    webSocket: await silentStream("WebSocket"),
    fetch: await keptByFetch(),
    agent: await keptByAgent(),
  };
  // At the same time: each takes most of a minute.
  const failures = await Promise.all(
    Object.entries(scenarios).map(async ([name, scenario]) => [name, await failureOf(scenario)] as const),
  );
  const isSoon = expect.toSatisfy((ms: number) => ms < NOTICED_MS, `less than ${NOTICED_MS} ms`);
  expect(Object.fromEntries(failures)).toMatchObject({
    sse: { ms: isSoon, error: { retryable: true } },
    webSocket: { ms: isSoon, error: { retryable: true } },
    fetch: { ms: isSoon, error: { cause: { code: "ETIMEDOUT" } } },
    agent: { ms: isSoon, error: { code: "ETIMEDOUT" } },
  });
}, 120_000);

/** Local ports of the connections to `port`, from the kernel's table. */
function connectionsTo(port: number): number[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const table = execFileSync("cat", ["/proc/self/net/tcp"]).toString();
  return [...table.matchAll(new RegExp(`: 0100007F:([0-9A-F]{4}) 0100007F:${hex} 01 `, "g"))].map(([, local]) =>
    Number.parseInt(local ?? "", 16),
  );
}
