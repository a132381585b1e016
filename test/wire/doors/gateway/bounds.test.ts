import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { open, send } from "../../emulator/raw-client.ts";
import { wire } from "../../session/support.ts";
import { gate } from "./support.ts";

const STALL = { events: [wire.created], stallAfterEvents: 1 };
const NO_ROOM = { status: 503, headers: { "retry-after": "1" }, json: { error: { code: "memory_limit" } } };

/** A request whose body has so many bytes. */
function ofSize(bytes: number, fields: object = {}): string {
  const empty = JSON.stringify({ model: "m", stream: true, input: "", ...fields });
  const input = randomBytes(bytes)
    .toString("hex")
    .slice(0, bytes - empty.length); // shrinks by half, as texts do
  return JSON.stringify({ model: "m", stream: true, input, ...fields });
}

const JSON_TYPE = { "content-type": "application/json" };

describe("what requests hold together", () => {
  it("is bounded: one too many is asked to come back, and is served when another is over", async () => {
    const { url, emulator } = await gate({ script: [STALL] }, { maxBodyBytes: 2000, maxHeldBytes: 3000 });
    const first = await open(url, { method: "POST", body: ofSize(2000), headers: JSON_TYPE });
    first.on("error", () => {});
    expect(await send(url, { body: ofSize(1001), headers: JSON_TYPE })).toMatchObject(NO_ROOM);
    expect((await send(url, { body: ofSize(1000), headers: JSON_TYPE })).status).toBe(200);
    first.destroy();
    await emulator.waitForClosedWebSockets(1);
    expect((await send(url, { body: ofSize(2000), headers: JSON_TYPE })).status).toBe(200);
  });

  it("counts what compressed bodies come to, and gives back what they did not need", async () => {
    const { url } = await gate({ script: [STALL, STALL] }, { maxBodyBytes: 20_000, maxHeldBytes: 30_000 });
    const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
    const post = (bytes: number) => send(url, { body: gzipSync(ofSize(bytes)), headers });
    for (const bytes of [9000, 9000]) {
      const answer = await open(url, { method: "POST", body: gzipSync(ofSize(bytes)), headers });
      answer.on("error", () => {});
    }
    expect(await post(12_000)).toMatchObject(NO_ROOM);
    expect((await post(2000)).status).toBe(200);
    expect((await send(url, { body: gzipSync(ofSize(20_001)), headers })).status).not.toBe(200);
  });

  it("counts what is passed on", async () => {
    const { url, gateway } = await gate({ script: [STALL] }, { maxBodyBytes: 2000, maxHeldBytes: 2500 });
    const first = await open(url, { method: "POST", body: ofSize(2000), headers: JSON_TYPE });
    first.on("error", () => {});
    expect(await send(`${gateway.url}/responses/compact`, { body: ofSize(600), headers: JSON_TYPE })).toMatchObject(
      NO_ROOM,
    );
  });

  it("includes idle sessions, which give way, those used longest ago first", async () => {
    const { url, emulator } = await gate({}, { maxBodyBytes: 2000, maxHeldBytes: 5500 });
    const ask = (key: string) =>
      send(url, { body: ofSize(1500, { prompt_cache_key: key }), headers: JSON_TYPE }).then(({ status }) => status);
    for (const key of ["a", "b", "c", "d"]) expect(await ask(key)).toBe(200);
    await emulator.waitForClosedWebSockets(1);
    expect(await ask("d")).toBe(200);
    const handshakes = () => emulator.requests.filter(({ kind }) => kind === "handshake").length;
    expect(handshakes()).toBe(4);
    expect(await ask("a")).toBe(200);
    expect(handshakes()).toBe(5);
  });

  it("includes messages of a client's WebSocket on their way", async () => {
    const { url } = await gate({ script: [STALL] }, { maxBodyBytes: 2000, maxHeldBytes: 2000 });
    const first = await open(url, { method: "POST", body: ofSize(1900), headers: JSON_TYPE });
    first.on("error", () => {});
    const socket = new WebSocket(url.replace("http", "ws"));
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    socket.send(ofSize(200));
    const [code, reason] = await once(socket, "close");
    expect([code, String(reason)]).toEqual([1013, expect.stringContaining("maxHeldBytes")]);
  });

  it("may not be less than one body", async () => {
    await expect(gate({}, { maxBodyBytes: 2000, maxHeldBytes: 1999 })).rejects.toThrow(/maxHeldBytes .* is 1999/);
    await expect(gate({}, { pingIntervalMs: -1 })).rejects.toThrow(/pingIntervalMs/);
  });
});

describe("a client's WebSocket", () => {
  it("that answers pings stays", async () => {
    const { url } = await gate({}, { pingIntervalMs: 10 });
    const socket = new WebSocket(url.replace("http", "ws"));
    onTestFinished(() => socket.terminate());
    for (let pings = 0; pings < 4; pings += 1) await once(socket, "ping");
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it("whose client answers no ping is gone, and its counterpart with it", async () => {
    const { url, emulator } = await gate({}, { pingIntervalMs: 10 });
    const socket = connectTcp({ port: Number(new URL(url).port), host: "127.0.0.1" });
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {}).resume();
    const head =
      "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    socket.write(`GET /v1/responses HTTP/1.1\r\nhost: localhost\r\n${head}\r\n\r\n`);
    await once(socket, "close");
    await emulator.waitForClosedWebSockets(1);
  });
});
