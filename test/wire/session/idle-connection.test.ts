import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../../src/emulator/index.ts";
import { emulate } from "../../support/clients.ts";
import { startTcpServer } from "../../support/proxies/loopback.ts";
import { answerTo, asking, bodiesAt, endless, goOn, handshakesAt, kindsOf, openSession, wire } from "./support.ts";

describe("the connection's age (parity: websocket/renewal)", () => {
  it("a connection that is too old is replaced before the next request, which is sent whole", async () => {
    const emulator = await emulate();
    const { session, notices } = openSession(emulator.url, { maxConnectionAgeMs: 60_000 });
    const history: ReturnType<typeof asking>["input"] = [];
    await goOn(session, history, "one");
    await goOn(session, history, "two");
    const now = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now + 60_001);
    await goOn(session, history, "three");
    clock.mockRestore();
    expect(kindsOf(emulator)).toEqual(["handshake", "frame", "frame", "handshake", "frame"]);
    expect(bodiesAt(emulator)[2]).not.toHaveProperty("previous_response_id");
    expect(notices).toEqual([]);
    await emulator.waitForClosedWebSockets(1);
  });
});

/** Carries bytes between a client and `port`, and lets the test cut or count what flows. */
async function relayTo(port: () => number) {
  const pairs: [Socket, Socket][] = [];
  const relay = await startTcpServer((client) => {
    const upstream = connect(port(), "127.0.0.1");
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    client.pipe(upstream).pipe(client);
    pairs.push([client, upstream]);
  });
  return { port: relay.port, pairs };
}

describe("a connection that dies while nobody uses it (parity: websocket/idle-death, session/dead-idle-free)", () => {
  it("is replaced without a retry once its end was noticed", async () => {
    const emulator = await emulate();
    const relay = await relayTo(() => Number(new URL(emulator.url).port));
    const { session, notices } = openSession(`http://127.0.0.1:${relay.port}/v1`, {}, { maxStreamRetries: 0 });
    const history: ReturnType<typeof asking>["input"] = [];
    await goOn(session, history, "one");
    const [client] = relay.pairs[0] ?? [];
    client?.resetAndDestroy();
    await emulator.waitForClosedWebSockets(1);
    expect((await goOn(session, history, "two")).text).toBe("two");
    expect(session.carrier).toBe("websocket");
    expect(notices.every(({ retry, delayMs }) => retry === 0 && delayMs === 0)).toBe(true);
    expect(handshakesAt(emulator)).toHaveLength(2);
    expect(bodiesAt(emulator).at(-1)).not.toHaveProperty("previous_response_id");
  });

  it("is replaced without a retry if only the request notices it", async () => {
    const emulator = await emulate({ script: [{}, { resetBeforeHeaders: true }] });
    const { session, notices } = openSession(emulator.url, {}, { maxStreamRetries: 0 });
    const history: ReturnType<typeof asking>["input"] = [];
    await goOn(session, history, "one");
    expect((await goOn(session, history, "two")).text).toBe("two");
    expect(session.carrier).toBe("websocket");
    expect(notices).toMatchObject([{ retry: 0, delayMs: 0, layer: "stream" }]);
  });

  it("costs a retry if the new connection dies too", async () => {
    const emulator = await emulate({ script: [{ resetBeforeHeaders: true }] });
    const { session, notices } = openSession(emulator.url, { carrier: "websocket" });
    expect((await answerTo(session, asking("one"))).text).toBe("one");
    expect(notices).toMatchObject([{ retry: 1, layer: "stream" }]);
  });

  it("costs a retry once a part of the answer has arrived", async () => {
    const emulator = await emulate({ script: [{}, { events: [wire.created], resetAfterEvents: 1 }] });
    const { session, notices } = openSession(emulator.url);
    await answerTo(session, asking("one"));
    await answerTo(session, asking("two"));
    expect(notices).toMatchObject([{ retry: 1, layer: "stream" }]);
  });
});

describe("a server that goes away", () => {
  async function restartable(
    options: EmulatorOptions = {},
  ): Promise<{ port: number; current: Emulator; restart(): Promise<void> }> {
    const first = await startEmulator(options);
    const port = Number(new URL(first.url).port);
    const server = {
      port,
      current: first,
      async restart() {
        await server.current.close();
        server.current = await startEmulator({ port });
      },
    };
    onTestFinished(() => server.current.close());
    return server;
  }

  it("between turns: the next turn opens a new connection and sends everything", async () => {
    const server = await restartable();
    const { session, notices } = openSession(server.current.url);
    const history: ReturnType<typeof asking>["input"] = [];
    await goOn(session, history, "one");
    await server.restart();
    expect((await goOn(session, history, "two")).text).toBe("two");
    expect(session.carrier).toBe("websocket");
    expect(bodiesAt(server.current)[0]).not.toHaveProperty("previous_response_id");
    expect(notices.filter(({ retry }) => retry > 0)).toEqual([]);
  });

  it("in the middle of a turn: the answer starts again at the server that came back", async () => {
    const server = await restartable({ script: [endless] });
    const { session } = openSession(server.current.url, { carrier: "websocket" });
    const seen: string[] = [];
    for await (const event of await session.stream(asking("two"))) {
      if (event.type === "output_text.delta") seen.push(event.delta);
      if (event.type === "restarted") seen.push("|");
      if (seen.join("") === "a") await server.restart();
    }
    expect(seen.join("")).toBe("a|two");
  });
});

describe("a proxy that drops what is idle", () => {
  it("costs no turn of a conversation", async () => {
    const emulator = await emulate();
    const relay = await relayTo(() => Number(new URL(emulator.url).port));
    const { session, notices } = openSession(`http://127.0.0.1:${relay.port}/v1`);
    const history: ReturnType<typeof asking>["input"] = [];
    for (const text of ["one", "two", "three", "four"]) {
      expect((await goOn(session, history, text)).text).toBe(text);
      const [client, upstream] = relay.pairs.at(-1) ?? [];
      const closed = upstream && once(upstream, "close");
      client?.destroy();
      await closed;
    }
    expect(session.carrier).toBe("websocket");
    expect(notices.filter(({ retry }) => retry > 0)).toEqual([]);
    expect(handshakesAt(emulator)).toHaveLength(4);
  });
});

// parity: stream/liveness
it("a session uses a new WebSocket after the clock jumped while its own was idle, as when a machine wakes up", async () => {
  const emulator = await emulate();
  const { session } = openSession(emulator.url, { carrier: "websocket" });
  await answerTo(session, asking("one"));
  const now = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => now() + 3_600_000);
  onTestFinished(() => void vi.restoreAllMocks());
  expect((await answerTo(session, asking("two"))).text).toBe("two");
  expect((await answerTo(session, asking("three"))).text).toBe("three");
  expect(handshakesAt(emulator)).toHaveLength(2);
});
