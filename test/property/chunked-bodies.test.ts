import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { Client } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { get, openTransport } from "../support/transport.ts";

/** The part of a body that arrived, and whether it is complete. */
interface Outcome {
  readonly text: string;
  readonly isWhole: boolean;
}

const data = fc.string({
  unit: fc.constantFrom("a", "0", "\r", "\n", "\r\n0\r\n\r\n", "ü"),
  minLength: 1,
  maxLength: 12,
});

/** A chunk as it should be, in all forms of its size. */
const plain = fc.tuple(data, fc.constantFrom("", "0", "00000"), fc.boolean()).map(([text, zeros, isUpper]) => {
  const size = Buffer.byteLength(text).toString(16);
  return `${zeros}${isUpper ? size.toUpperCase() : size}\r\n${text}\r\n`;
});
const large = fc.constantFrom(4_000, 20_000, 70_000).map((size) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`);
/** As servers may write it, and as they may not. */
const odd = fc
  .tuple(
    data,
    fc.constantFrom(";a", ';a="b\r\n', " ", "\t", ";", "g", "-", "", "000000000"),
    fc.constantFrom("\r\n", "\n", "\r", "\r\r\n", ""),
    fc.constantFrom("\r\n", "\n", "\r", "", "AB", "5\r\n"),
  )
  .map(
    ([text, more, afterSize, afterData]) =>
      `${Buffer.byteLength(text).toString(16)}${more}${afterSize}${text}${afterData}`,
  );
const tail = fc.constantFrom(
  "0\r\n\r\n",
  "0\r\n\r\n",
  "000\r\n\r\n",
  "0;last\r\n\r\n",
  "0\r\nx-trailer: 1\r\n\r\n",
  "0\r\n",
  "0",
  "",
  "4\r\nab",
  "ffffffffff\r\nab",
);
const body = fc
  .tuple(
    fc.array(
      fc.oneof({ weight: 12, arbitrary: plain }, { weight: 1, arbitrary: large }, { weight: 1, arbitrary: odd }),
      { maxLength: 8 },
    ),
    tail,
  )
  .map(([chunks, last]) => Buffer.from(chunks.join("") + last));
/** Mostly valid; the rest only undici reads, as well as it can. */
const head = fc
  .tuple(
    fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"),
    fc.constantFrom("", "", "connection: close\r\n"),
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom("transfer-encoding: chunked", "Transfer-Encoding:Chunked ") },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "transfer-encoding: identity",
          "transfer-encoding: gzip, chunked",
          "transfer-encoding: chunked, chunked",
          "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
          "transfer-encoding: ",
          "x-transfer-encoding: chunked",
        ),
      },
    ),
  )
  .map(([version, connection, encoding]) => `${version} 200 OK\r\n${connection}${encoding}\r\n\r\n`);
const places = fc.array(fc.nat(100), { maxLength: 8 });

/** Sends each piece by itself, and ends the connection. */
async function serveInPieces(): Promise<{ server: Server; send: { pieces: readonly Buffer[] } }> {
  const send: { pieces: readonly Buffer[] } = { pieces: [] };
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", async () => {
      for (const piece of send.pieces) {
        if (socket.destroyed) return;
        await new Promise((resolve) => socket.write(piece, resolve));
        await nextTurn(); // a turn in which the other side, in this process, reads it
      }
      socket.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { server, send };
}

function undicis(origin: string): Promise<Outcome> {
  const client = new Client(origin);
  let text = "";
  return new Promise<Outcome>((resolve) => {
    client.dispatch(
      { method: "GET", path: "/" },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData: (_controller, chunk) => {
          text += chunk.toString("latin1");
        },
        onResponseEnd: () => resolve({ text, isWhole: true }),
        onResponseError: () => resolve({ text, isWhole: false }),
      },
    );
  }).finally(() => client.destroy());
}

async function ours(transport: ReturnType<typeof openTransport>, url: string): Promise<Outcome> {
  const { body } = await transport.stream(get(url));
  let text = "";
  return new Promise((resolve) => {
    body.pipe({
      chunk: (bytes) => {
        text += Buffer.from(bytes).toString("latin1");
      },
      end: () => resolve({ text, isWhole: true }),
      fail: () => resolve({ text, isWhole: false }),
    });
  });
}

describe("a body in chunks", () => {
  it("is read as undici's parser reads it, whatever a server sends and however the network cuts it", async () => {
    const { server, send } = await serveInPieces();
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const transport = openTransport();
    let whole = 0;
    let broken = 0;
    await fc.assert(
      fc.asyncProperty(head, body, places, async (begin, sent, where) => {
        const answer = Buffer.concat([Buffer.from(begin), sent]);
        send.pieces = cut(answer, where);
        const expected = await undicis(origin);
        expect(await ours(transport, origin)).toEqual(expected);
        if (expected.isWhole) whole += 1;
        else broken += 1;
      }),
      { numRuns: 500 },
    );
    expect(Math.min(whole, broken)).toBeGreaterThan(30);
  });
});

/** Cuts at places given in hundredths. */
function cut(bytes: Buffer, hundredths: readonly number[]): Buffer[] {
  const at = [...new Set(hundredths.map((each) => Math.floor((bytes.length * each) / 100)))].sort((a, b) => a - b);
  return [...at, bytes.length]
    .map((to, index) => bytes.subarray(at[index - 1] ?? 0, to))
    .filter(({ length }) => length);
}
