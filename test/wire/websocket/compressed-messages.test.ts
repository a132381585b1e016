import { deflateRawSync, constants as zlib } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Inflater } from "../../../src/client/websocket/inflater.ts";
import { closeFrame, frame, opcode, type RawPeer, serveRaw } from "./raw-server.ts";
import { type Heard, listen, open } from "./support.ts";

const MAX_MESSAGE_BYTES = 1_000_000;

/** A connection that listens, and its other end, which compresses each message by itself unless something else is agreed on. */
async function connect(
  agreed = "; server_no_context_takeover",
): Promise<{ readonly heard: Heard; readonly peer: RawPeer }> {
  const peers: RawPeer[] = [];
  const lines = [`Sec-WebSocket-Extensions: permessage-deflate${agreed}`];
  const served = await serveRaw((peer) => peers.push(peer), { lines });
  const heard = listen(await open(served.url, { maxMessageBytes: MAX_MESSAGE_BYTES }));
  return { heard, peer: peers[0] as RawPeer };
}

function deflated(text: string | Buffer): Buffer {
  return deflateRawSync(text, { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
}

function compressed(text: string | Buffer): Buffer {
  return frame(opcode.text, deflated(text), 0xc0);
}

/** The same in fragments of so many bytes. */
function inFragments(text: string, size: number): Buffer {
  const bytes = deflated(text);
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const bits = (at === 0 ? 0x40 : 0) | (at + size < bytes.length ? 0 : 0x80);
    frames.push(frame(at === 0 ? opcode.text : 0, bytes.subarray(at, at + size), bits));
  }
  return Buffer.concat(frames);
}

/** Text that compresses badly. */
function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (state % 90));
  }).join("");
}

describe("compressed messages", () => {
  it("are inflated on this thread on each Node that the tests run on", () => {
    expect(Inflater.open({ windowBits: 15, forgets: false })).toBeInstanceOf(Inflater);
  });

  it("keep their order, small ones before, between and after large ones and fragments", async () => {
    const { heard, peer } = await connect();
    const large = noise(200_000);
    const texts = ["first", large, "second", "third", noise(20_000), "", "ünd", "last"];
    const frames = texts.map((text, nth) => (nth === 4 ? inFragments(text, 3_000) : compressed(text)));
    peer.socket.write(Buffer.concat(frames));
    await heard.texted(texts.length);
    expect(heard.texts).toEqual(texts);
  });

  it.each([
    { what: "in a small frame", bytes: () => compressed(Buffer.alloc(MAX_MESSAGE_BYTES + 1, "x")) },
    { what: "in a large frame", bytes: () => compressed(noise(MAX_MESSAGE_BYTES + 1)) },
    { what: "in fragments", bytes: () => inFragments("x".repeat(MAX_MESSAGE_BYTES + 1), 100) },
  ])(
    "that inflate to more than is taken, $what, end the connection behind what came before, and the peer hears why",
    async ({ bytes }) => {
      const { heard, peer } = await connect();
      peer.socket.write(Buffer.concat([compressed("before"), bytes(), compressed("after")]));
      expect(await heard.ended).toMatchObject({
        by: "network",
        error: { kind: "limit", what: "message", limit: MAX_MESSAGE_BYTES },
      });
      expect(heard.texts).toEqual(["before"]);
      expect(await peer.nextFrame()).toMatchObject({ opcode: opcode.close, payload: closeFrame(1009).subarray(2) });
      await peer.closed;
    },
  );

  it("of exactly the largest accepted size are accepted", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(compressed("x".repeat(MAX_MESSAGE_BYTES)));
    await heard.texted(1);
    expect(heard.texts[0] === "x".repeat(MAX_MESSAGE_BYTES)).toBe(true);
  });

  it.each([
    { what: "a small frame", payload: Buffer.from("ffffffff", "hex") },
    { what: "a large frame", payload: Buffer.concat([deflated(noise(20_000)), Buffer.from("ffffffff", "hex")]) },
  ])(
    "that cannot be inflated, in $what, end the connection behind what came before, and the peer hears why",
    async ({ payload }) => {
      const { heard, peer } = await connect();
      peer.socket.write(Buffer.concat([compressed("before"), frame(opcode.text, payload, 0xc0), compressed("after")]));
      expect(await heard.ended).toMatchObject({
        by: "network",
        error: { code: "Z_DATA_ERROR" },
      });
      expect(heard.texts).toEqual(["before"]);
      expect(await peer.nextFrame()).toMatchObject({ opcode: opcode.close, payload: closeFrame(1007).subarray(2) });
      await peer.closed;
    },
  );

  it("whose sender ends the deflate stream with each are read to its end, and the next one too", async () => {
    const { heard, peer } = await connect("");
    const ended = (text: string) => frame(opcode.text, Buffer.concat([deflateRawSync(text), Buffer.from([0])]), 0xc0);
    peer.socket.write(Buffer.concat([ended("one"), ended("two"), compressed("three")]));
    await heard.texted(3);
    expect(heard.texts).toEqual(["one", "two", "three"]);
  });

  it("need memory of the order of one accepted message, however large they would become", async () => {
    const { heard, peer } = await connect();
    const varied = noise(600_000);
    const lines = Array.from({ length: 10_000 }, (_, nth) => varied.slice(nth * 60, nth * 60 + 60) + " ".repeat(6_000));
    const bytes = compressed(lines.join("")); // of 60 MB
    expect(bytes.length).toBeLessThan(MAX_MESSAGE_BYTES);
    const before = process.memoryUsage.rss();
    peer.socket.write(bytes);
    await heard.ended;
    expect(process.memoryUsage.rss() - before).toBeLessThan(20 * MAX_MESSAGE_BYTES);
  });
});
