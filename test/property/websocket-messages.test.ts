import { isUtf8 } from "node:buffer";
import { setImmediate as nextTurn } from "node:timers/promises";
import { constants, createDeflateRaw, type DeflateRaw } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import * as ws from "ws";
import { decodeRawData } from "../../src/client/raw-text.ts";
import { NOT_UTF8, takeWholeMessages } from "../../src/client/websocket/whole-messages.ts";
import { closeFrame, frame, opcode } from "../wire/websocket/raw-server.ts";

/** Exported by `ws`, but not by its types. */
interface Internals {
  readonly Receiver: new (options: object) => Receiver;
  readonly PerMessageDeflate: new (options: object) => { accept(offers: object[]): void };
}
type Receiver = import("node:stream").Writable & { createError(...args: unknown[]): Error };
const { Receiver, PerMessageDeflate } = ws as unknown as Internals;

const MAX_MESSAGE_BYTES = 20_000;

interface Agreed {
  readonly server_no_context_takeover?: [true];
  readonly server_max_window_bits?: [string];
}

type Heard = readonly [what: string, value: unknown];

/** What is received from the bytes in `reads`: by `ws` alone, or with whole messages read before it. */
async function heardOf(reads: readonly Buffer[], agreed: Agreed | undefined, take?: typeof takeWholeMessages) {
  const heard: Heard[] = [];
  const deflate = agreed && new PerMessageDeflate({ maxPayload: MAX_MESSAGE_BYTES });
  deflate?.accept([{ ...agreed }]);
  const extensions = deflate ? { "permessage-deflate": deflate } : {};
  const receiver = new Receiver({ extensions, maxPayload: MAX_MESSAGE_BYTES, skipUTF8Validation: true });
  // `ws` reads on after a wrong frame, in what it already has, and which of its errors it tells then depends on timing: the first one counts.
  let first: Error | undefined;
  const createError = receiver.createError.bind(receiver);
  receiver.createError = (...args) => {
    const error = createError(...args);
    first ??= error;
    return first;
  };
  let isOver = false;
  let taken = 0;
  const note = (what: string, value: unknown) => {
    // `ws` may read on between an error and the event that tells it.
    if (!isOver && (!receiver.errored || what === "broken")) heard.push([what, value]);
  };
  const breakOff = ({ message, code }: Error & { readonly code?: string }) => {
    note("broken", [message, code]);
    isOver = true;
  };
  receiver.on("message", (data: Buffer, isBinary: boolean) => {
    if (!isBinary && !isUtf8(data)) breakOff(new Error(NOT_UTF8));
    else note(isBinary ? "binary" : "text", data.toString(isBinary ? "hex" : "utf8"));
  });
  for (const kind of ["ping", "pong"]) receiver.on(kind, (data: Buffer) => note(kind, data.toString("hex")));
  receiver.on("conclude", (code: number, reason: Buffer) => {
    note("close", [code, reason.toString()]);
    isOver = true;
  });
  receiver.on("error", breakOff);
  if (take) {
    const websocket = { _receiver: receiver, _extensions: extensions, once() {} } as unknown as ws.WebSocket;
    const isTaken = take(websocket, {
      maxMessageBytes: MAX_MESSAGE_BYTES,
      onTexts(messages) {
        taken += messages.length;
        for (const message of messages) note("text", decodeRawData(message));
      },
      onBroken: breakOff,
    });
    expect(isTaken).toBe(true);
  }
  for (const read of reads) {
    if (isOver) break; // `ws` listens to the socket no more
    receiver.write(Buffer.from(read));
    while (receiver.writableNeedDrain && !receiver.destroyed) await nextTurn();
  }
  while (receiver.writableLength > 0 && !receiver.destroyed) await nextTurn();
  await nextTurn(); // errors come a tick later
  return { heard, taken };
}

/** A server's compression, with the window that was agreed on. */
class Compression {
  readonly #deflate: DeflateRaw;
  readonly #forgets: boolean;

  constructor({ server_no_context_takeover: forgets, server_max_window_bits: bits }: Agreed) {
    this.#deflate = createDeflateRaw({ windowBits: Number(bits?.[0] ?? constants.Z_DEFAULT_WINDOWBITS) });
    this.#forgets = forgets !== undefined;
  }

  async piece(bytes: Buffer, isLast: boolean): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const onData = (chunk: Buffer) => void chunks.push(chunk);
    this.#deflate.on("data", onData);
    this.#deflate.write(bytes);
    await new Promise<void>((resolve) => this.#deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    this.#deflate.off("data", onData);
    if (isLast && this.#forgets) this.#deflate.reset();
    return Buffer.concat(chunks).subarray(0, isLast ? -4 : undefined);
  }
}

/** What a server sends: a message, whole or fragmented, a control frame, an invalid frame, or a close frame. */
interface Sent {
  readonly kind: "text" | "binary" | "ping" | "pong" | "close" | "unfinished" | "mistake";
  readonly content: string;
  /** How often the content is repeated. */
  readonly times: number;
  readonly encoding: "utf8" | "latin1";
  readonly isCompressed: boolean;
  readonly cuts: readonly number[];
  /** The length is written in more bytes than it needs. */
  readonly isWide: boolean;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  kind: fc.oneof(
    { weight: 30, arbitrary: fc.constant("text" as const) },
    { weight: 3, arbitrary: fc.constantFrom("binary" as const, "ping" as const, "pong" as const) },
    { weight: 1, arbitrary: fc.constantFrom("close" as const, "unfinished" as const, "mistake" as const) },
  ),
  content: fc.string({ unit: "grapheme", maxLength: 60 }),
  times: fc.oneof(
    { weight: 6, arbitrary: fc.constant(1) },
    { weight: 2, arbitrary: fc.nat(20) },
    { weight: 1, arbitrary: fc.nat(2_000) },
  ),
  encoding: fc.nat(30).map((nth) => (nth === 0 ? "latin1" : "utf8")),
  isCompressed: fc.boolean(),
  cuts: fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.nat(300), { maxLength: 3 }) },
  ),
  isWide: fc.nat(9).map((nth) => nth === 0),
});

function plain(content: string): Sent {
  return { kind: "text", content, times: 1, encoding: "utf8", isCompressed: false, cuts: [], isWide: false };
}

async function written(all: readonly Sent[], agreed: Agreed | undefined): Promise<Buffer> {
  const compression = agreed && new Compression(agreed);
  const frames: Buffer[] = [];
  for (const { kind, content: text, times, encoding, isCompressed, cuts, isWide } of all) {
    const content = Buffer.from(text.repeat(times), encoding);
    if (kind === "ping" || kind === "pong") frames.push(frame(opcode[kind], content.subarray(0, 125)));
    else if (kind === "close") frames.push(closeFrame(1001, "enough"));
    else if (kind === "mistake") frames.push(content);
    else if (kind === "unfinished") frames.push(frame(opcode.text, content, 0));
    else {
      const ends = [...cuts.filter((end) => end < content.length).sort((one, other) => one - other), content.length];
      for (const [nth, end] of ends.entries()) {
        const bytes = content.subarray(ends[nth - 1] ?? 0, end);
        const isFirst = nth === 0;
        const isLast = nth === ends.length - 1;
        const isDeflated = isCompressed && compression !== undefined;
        const bits = (isLast ? 0x80 : 0) | (isFirst && isDeflated ? 0x40 : 0);
        const payload = isDeflated ? await compression.piece(bytes, isLast) : bytes;
        frames.push((isWide ? wideFrame : frame)(isFirst ? opcode[kind] : 0, payload, bits));
        if (!isLast) frames.push(frame(opcode.ping, "between"));
      }
    }
  }
  return Buffer.concat(frames);
}

/** As `frame`, with a length of eight bytes. */
function wideFrame(code: number, payload: Buffer, bits: number): Buffer {
  const head = Buffer.from([bits | code, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const reads: Buffer[] = [];
  for (let at = 0, nth = 0; at < bytes.length; nth += 1) {
    const size = sizes[nth % sizes.length] ?? bytes.length;
    reads.push(bytes.subarray(at, at + size));
    at += size;
  }
  return reads;
}

const agreements: fc.Arbitrary<Agreed | undefined> = fc.constantFrom(
  undefined,
  {},
  { server_no_context_takeover: [true] as [true] },
  { server_max_window_bits: ["9"] as [string] },
);
const readSizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 300 }), fc.integer({ min: 301, max: 70_000 })),
  { minLength: 1, maxLength: 6 },
);

describe("messages taken ahead of ws", () => {
  it("are the same, in the same order among everything else, as ws reads, whatever a server sends and however the network cuts it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { maxLength: 25 }), agreements, readSizes, async (all, agreed, sizes) => {
        const reads = cut(await written(all, agreed), sizes);
        const { heard } = await heardOf(reads, agreed, takeWholeMessages);
        expect(heard).toEqual((await heardOf(reads, agreed)).heard);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  it("are the same as ws reads where any byte of what a server sends uncompressed is damaged", async () => {
    const changes = fc.integer({ min: 1, max: 255 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(sent, { minLength: 1, maxLength: 8 }),
        readSizes,
        fc.nat(400),
        changes,
        async (all, sizes, where, change) => {
          const bytes = await written(all, undefined);
          const at = where % Math.max(bytes.length, 1);
          if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ change;
          const reads = cut(bytes, sizes);
          const { heard } = await heardOf(reads, undefined, takeWholeMessages);
          const alone = (await heardOf(reads, undefined)).heard;
          // A wrong head is refused once it is complete; ws refuses some before, of which the rest may never come.
          const isRefused = alone.length === heard.length + 1 && alone.at(-1)?.[0] === "broken";
          expect(heard).toEqual(isRefused ? alone.slice(0, -1) : alone);
        },
      ),
      { numRuns: 200 },
    );
  }, 60_000);

  it.each([undefined, {}, { server_no_context_takeover: [true] as [true] }])(
    "are all small ones, wherever the network cuts them, with %o agreed",
    async (agreed) => {
      const event = (nth: number) => ({ type: "response.output_text.delta", delta: `wörd ${nth * 7919}` });
      const all = Array.from({ length: 500 }, (_, nth) => ({
        ...plain(JSON.stringify(event(nth))),
        isCompressed: true,
      }));
      const bytes = await written(all, agreed);
      for (const size of [1, 7, 100, 4_000, bytes.length]) {
        const { heard, taken } = await heardOf(cut(bytes, [size]), agreed, takeWholeMessages);
        expect(heard).toEqual(all.map(({ content }) => ["text", content]));
        expect(taken).toBe(all.length);
      }
    },
  );

  it.each([
    { what: "a newer Node than the tests have run on", zlib: {}, node: "27.0.0" },
    {
      what: "a zlib that has no handle of the known kind",
      zlib: { createInflateRaw: () => ({ close() {} }) },
      node: process.versions.node,
    },
  ])("are not the compressed ones with $what: those are left to ws", async ({ zlib, node }) => {
    vi.resetModules();
    vi.doMock("node:zlib", async (original) => ({ ...(await original<object>()), ...zlib }));
    vi.spyOn(process, "versions", "get").mockReturnValue({ ...process.versions, node });
    onTestFinished(() => {
      vi.restoreAllMocks();
      vi.doUnmock("node:zlib");
      vi.resetModules();
    });
    const elsewhere = await import("../../src/client/websocket/whole-messages.ts");
    const all = [plain("one"), { ...plain("two"), isCompressed: true }, plain("three")];
    const { heard, taken } = await heardOf([await written(all, {})], {}, elsewhere.takeWholeMessages);
    expect(heard.map(([, text]) => text)).toEqual(["one", "two", "three"]);
    expect(taken).toBe(1); // what follows waits in line at ws
  });

  it("are none where ws has no receiver of the known kind", () => {
    const options = { maxMessageBytes: 1, onTexts() {}, onBroken() {} };
    expect(takeWholeMessages({} as ws.WebSocket, options)).toBe(false);
    expect(takeWholeMessages({ _receiver: {} } as unknown as ws.WebSocket, options)).toBe(false);
  });
});
