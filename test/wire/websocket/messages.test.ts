import { once } from "node:events";
import { createDeflateRaw, createInflateRaw, constants as zlib } from "node:zlib";
import { describe, expect, it } from "vitest";
import { connect } from "./pair.ts";
import { frame, opcode, type RawPeer, serveRaw } from "./raw-server.ts";
import { open } from "./support.ts";

const deflated = { lines: ["Sec-WebSocket-Extensions: permessage-deflate"] };

describe("sent frames", () => {
  it("a message is one masked text frame, however long", async () => {
    const { connection, peer } = await connect();
    await connection.send("Hé");
    expect(await peer.nextFrame()).toMatchObject({
      fin: true,
      rsv1: false,
      opcode: 1,
      masked: true,
      payload: Buffer.from("48c3a9", "hex"),
    });
    const long = "x".repeat(300_000);
    await connection.send(long);
    const { payload, ...rest } = await peer.nextFrame();
    expect(rest).toMatchObject({ fin: true, opcode: 1, masked: true });
    expect(payload.toString()).toBe(long);
    expect(peer.frames).toHaveLength(2);
  });

  it("with permessage-deflate RSV1 is set, and a repeated history needs almost no bytes", async () => {
    const { connection, peer } = await connect({}, deflated);
    const history = Array.from({ length: 400 }, (_, index) => `item ${index * 7919}`).join(" ");
    await connection.send(history);
    await connection.send(`${history} more`);
    const first = await peer.nextFrame();
    const second = await peer.nextFrame();
    expect([first.rsv1, second.rsv1]).toEqual([true, true]);
    expect(second.size).toBeLessThan(first.size / 10);
    const inflate = createInflateRaw({ finishFlush: zlib.Z_SYNC_FLUSH });
    inflate.end(
      Buffer.concat([first.payload, Buffer.from("0000ffff", "hex"), second.payload, Buffer.from("0000ffff", "hex")]),
    );
    const texts: Buffer[] = [];
    for await (const chunk of inflate) texts.push(chunk as Buffer);
    expect(Buffer.concat(texts).toString()).toBe(`${history}${history} more`);
  });
});

describe("received frames", () => {
  it("text in fragments of one byte per packet, with a ping between them", async () => {
    const { heard, peer } = await connect();
    const bytes = Buffer.concat([
      frame(opcode.text, Buffer.from("48c3", "hex"), 0),
      frame(opcode.ping, "p"),
      frame(0, Buffer.from("a9", "hex")),
    ]);
    for (const byte of bytes) peer.socket.write(Buffer.from([byte]));
    await heard.texted(1);
    expect(heard.texts).toEqual(["Hé"]);
    expect(await peer.nextFrame()).toMatchObject({ opcode: opcode.pong, masked: true, payload: Buffer.from("p") });
  });

  it("compressed text with context takeover", async () => {
    const { heard, peer } = await connect({}, deflated);
    const deflate = createDeflateRaw();
    for (const text of ["hello hello hello", "hello hello hello again"]) {
      deflate.write(text);
      deflate.flush(zlib.Z_SYNC_FLUSH);
      const chunks: Buffer[] = [];
      while (!Buffer.concat(chunks).subarray(-4).equals(Buffer.from("0000ffff", "hex"))) {
        chunks.push(deflate.read() ?? (await once(deflate, "readable").then(() => Buffer.alloc(0))));
      }
      peer.socket.write(frame(opcode.text, Buffer.concat(chunks).subarray(0, -4), 0xc0));
    }
    await heard.texted(2);
    expect(heard.texts).toEqual(["hello hello hello", "hello hello hello again"]);
  });

  it("a message of 10 MB", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(frame(opcode.text, "ü".repeat(5_000_000)));
    await heard.texted(1);
    expect(heard.texts[0] === "ü".repeat(5_000_000)).toBe(true);
  });

  it("a binary message is delivered separately, and texts continue", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(Buffer.concat([frame(opcode.binary, Buffer.from([1, 2])), frame(opcode.text, "after")]));
    await heard.texted(1);
    expect(heard.binaries).toEqual([Buffer.from([1, 2])]);
  });

  it.each([
    { what: "a reserved bit", bytes: frame(opcode.text, "x", 0xa0), message: /RSV2 and RSV3/ },
    { what: "a masked frame", bytes: Buffer.from("818100000000ff", "hex"), message: /MASK must be clear/ },
    { what: "text that is not UTF-8", bytes: frame(opcode.text, Buffer.from("61ff62", "hex")), message: /not UTF-8/ },
    {
      what: "a message over the limit",
      bytes: frame(opcode.text, "x".repeat(2_000)),
      message: /larger than 1000 bytes/,
    },
  ])("$what ends the connection with its reason", async ({ bytes, message }) => {
    const { heard, peer, connection } = await connect({ maxMessageBytes: 1_000 });
    peer.socket.write(bytes);
    const end = await heard.ended;
    expect(end).toMatchObject({ by: "network", error: { message: expect.stringMatching(message) as string } });
    expect(connection.isClosed).toBe(true);
    expect(heard.texts).toEqual([]);
    await peer.closed;
  });

  it.each([opcode.text, opcode.binary])(
    "a sink that throws at one, of opcode %i, breaks the connection and nothing else",
    async (code) => {
      const peers: RawPeer[] = [];
      const connection = await open((await serveRaw((peer) => peers.push(peer))).url);
      const thrown = new RangeError("too deep");
      const fail = (): never => {
        throw thrown;
      };
      const ended = new Promise((resolve) => connection.attach({ text: fail, binary: fail, ended: resolve }));
      peers[0]?.socket.write(frame(code, "x"));
      expect(await ended).toEqual({ by: "network", error: thrown });
      await peers[0]?.closed;
    },
  );

  it("U+FFFD that the sender wrote is valid text", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(frame(opcode.text, "a\u{fffd}b"));
    await heard.texted(1);
    expect(heard.texts).toEqual(["a\u{fffd}b"]);
  });
});

describe("a message in tiny pieces", () => {
  const fragment = (code: number, bits = 0): Buffer => frame(code, "x", bits);

  it("is accepted with up to 65,536 of them", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(
      Buffer.concat([fragment(opcode.text), ...Array<Buffer>(65_534).fill(fragment(0)), fragment(0, 0x80)]),
    );
    await heard.texted(1);
    expect(heard.texts[0]).toHaveLength(65_536);
  });

  it("ends the connection with a limit error above that", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(Buffer.concat([fragment(opcode.text), ...Array<Buffer>(65_536).fill(fragment(0))]));
    expect(await heard.ended).toMatchObject({
      by: "network",
      error: { kind: "limit", what: "message", limit: 65_536, unit: "fragments" },
    });
  });
});
