import { once } from "node:events";
import net from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { startEmulator } from "../../../src/emulator/index.ts";
import { emulator, open, RawSocket, send } from "./raw-client.ts";

const BODY = { model: "m", input: "count to 1000", stream: true };
const ENDLESS = { pace: { delayMsPerWord: 60_000 } };

describe("start", () => {
  it("takes the port it is given and says when it cannot", async () => {
    const first = await emulator();
    const port = Number(new URL(first.url).port);
    await expect(startEmulator({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await first.close();
    const second = await emulator({ port });
    expect(new URL(second.url).port).toBe(String(port));
  });

  it("writes an IPv6 host in brackets", async () => {
    const { url } = await emulator({ host: "::1" });
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+\/v1$/);
    expect((await send(`${url}/models`)).status).toBe(200);
  });
});

describe("a client that leaves", () => {
  it("ends the answer over HTTP", async () => {
    const server = await emulator(ENDLESS);
    const answer = await open(`${server.url}/responses`, { body: BODY });
    await once(answer, "data");
    answer.destroy();
    await server.waitForClosedResponses(1);
  });

  it("ends the answer over WebSocket", async () => {
    const server = await emulator(ENDLESS);
    const socket = new RawSocket(server.url);
    await socket.opened();
    socket.create({ input: "count to 1000" });
    await socket.nextEvent();
    socket.websocket.terminate();
    await server.waitForClosedWebSockets(1);
  });

  it("ends an answer that waits for room", async () => {
    const server = await emulator({ script: [{ events: flood() }] });
    const answer = await open(`${server.url}/responses`, { body: BODY });
    await once(answer, "readable"); // and read no more
    answer.destroy();
    await server.waitForClosedResponses(1);
  });
});

describe("a client that resets", () => {
  it.each([false, true])("its TCP connection, with TLS %s, does no harm", async (tls) => {
    const server = await emulator({ tls });
    const { hostname, port } = new URL(server.url);
    for (const opening of [
      "",
      "GET /v1/models HTTP/1.1\r\nhost: x\r\n",
      "\x16\x03\x01",
      "GET /v1/responses HTTP/1.1\r\n",
    ]) {
      const socket = net.connect(Number(port), hostname);
      await once(socket, "connect");
      if (opening) await new Promise((resolve) => socket.write(opening, resolve));
      socket.resetAndDestroy();
      await once(socket, "close");
    }
    const answer = await send(`${server.url}/models`, { ca: server.caPem });
    expect(answer.status).toBe(200);
  });

  it("a handshake that waits does no harm", async () => {
    const server = await emulator({ script: [{ refuse: "stall" }] });
    const { hostname, port } = new URL(server.url);
    const socket = net.connect(Number(port), hostname);
    socket.write("GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    await server.nextRequest();
    socket.resetAndDestroy();
    await once(socket, "close");
    expect((await send(`${server.url}/models`)).status).toBe(200);
  });

  it("a WebSocket does no harm", async () => {
    const server = await emulator({ ...ENDLESS, script: [{}, {}] });
    const socket = new RawSocket(server.url);
    await socket.opened();
    socket.create({ input: "count to 1000" });
    await socket.nextEvent();
    (socket.websocket as unknown as { _socket: net.Socket })._socket.resetAndDestroy();
    await server.waitForClosedWebSockets(1);
    expect((await send(`${server.url}/models`)).status).toBe(200);
  });
});

describe("a reader", () => {
  // 100 MB in all. Whoever does not wait for room has pulled every event before the first is read.
  it("holds the emulator back over HTTP", async () => {
    let pulled = 0;
    const server = await emulator({ script: [{ events: flood(FLOOD, () => (pulled += 1)) }] });
    const answer = await open(`${server.url}/responses`, { body: BODY });
    let readBytes = 0;
    let mostAhead = 0;
    for await (const chunk of answer) {
      readBytes += String(chunk).length;
      mostAhead = Math.max(mostAhead, pulled - readBytes / FLOOD_BYTES);
    }
    expect(pulled).toBe(FLOOD);
    expect(mostAhead).toBeLessThan(FLOOD / 3);
  });

  it("holds the emulator back over WebSocket, and waiting leaves no listener behind", async () => {
    const warnings: Error[] = [];
    const collect = (warning: Error) => warnings.push(warning);
    process.on("warning", collect);
    onTestFinished(() => void process.off("warning", collect));
    let pulled = 0;
    const server = await emulator({ script: [{ events: flood(FLOOD, () => (pulled += 1)) }] });
    const socket = new RawSocket(server.url, { perMessageDeflate: false });
    await socket.opened();
    socket.create({ input: "hello" });
    let mostAhead = 0;
    for (let read = 1; read <= FLOOD; read += 1) {
      await socket.nextMessage();
      mostAhead = Math.max(mostAhead, pulled - read);
    }
    expect(mostAhead).toBeLessThan(FLOOD / 3);
    expect(warnings).toEqual([]);
  });
});

describe("close", () => {
  it("ends everything that is under way", async () => {
    const script = [
      { refuse: "stall" as const },
      { stallBeforeHeaders: true },
      { stallAfterEvents: 1, keepAliveEveryMs: 5 },
      {},
    ];
    const server = await startEmulator({ ...ENDLESS, script });
    const stalledHandshake = new RawSocket(server.url);
    await server.nextRequest();
    const beforeHeaders = expect(open(`${server.url}/responses`, { body: BODY })).rejects.toThrow();
    await server.nextRequest();
    const stalled = await open(`${server.url}/responses`, { body: BODY });
    const writing = await open(`${server.url}/responses`, { body: BODY });
    const socket = new RawSocket(server.url);
    await socket.opened();
    socket.create({ input: "count to 1000" });
    await socket.nextEvent();
    const ends = [stalled, writing].map((answer) => once(answer.resume(), "close").catch(() => {}));
    await server.close();
    await Promise.all([...ends, beforeHeaders, socket.closed, stalledHandshake.closed]);
    await expect(send(`${server.url}/models`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("is done at the end of a block that uses the emulator", async () => {
    let url = "";
    {
      await using server = await startEmulator();
      url = server.url;
      expect((await send(`${url}/models`)).status).toBe(200);
    }
    await expect(send(`${url}/models`)).rejects.toThrow();
  });

  it("may be called twice, and tells whoever still waits", async () => {
    const server = await startEmulator();
    const waiting = expect(server.nextRequest()).rejects.toThrow(/closed/);
    await Promise.all([server.close(), server.close()]);
    await waiting;
    await server.close();
  });

  it("counts the answers that it cut", async () => {
    const server = await startEmulator({ script: [{ stallAfterEvents: 0 }] });
    const answer = await open(`${server.url}/responses`, { body: BODY });
    answer.on("error", () => {});
    const closed = server.waitForClosedResponses(1);
    await server.close();
    await closed;
  });
});

const FLOOD_BYTES = 64 * 1024;
const FLOOD = 1_600;

function* flood(count = Number.POSITIVE_INFINITY, onPull = () => {}) {
  const padding = "x".repeat(FLOOD_BYTES);
  for (let index = 0; index < count; index += 1) {
    onPull();
    yield { type: "flood", padding };
  }
}
