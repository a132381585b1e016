import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { ByteStream } from "../../../src/client/transport.ts";
import { serveFlood, serveTcp } from "../../support/serve.ts";
import { settle, standstill } from "../../support/standstill.ts";
import { get, openTransport } from "../../support/transport.ts";

const HEAD = "HTTP/1.1 200 OK\r\n";
const BODY = "x".repeat(2_000);
const CHUNK = `7d0\r\n${BODY}\r\n`;

/** Reads with a pause after the first piece, which ends after `meanwhile`. */
async function readWithPause(body: ByteStream, meanwhile: () => Promise<void>) {
  let text = "";
  let hasPaused = false;
  let delivered = 0;
  return new Promise<{ text: string; error: unknown }>((resolve) => {
    body.pipe({
      chunk(bytes) {
        text += Buffer.from(bytes).toString();
        if (hasPaused) return;
        hasPaused = true;
        body.pause();
        delivered = text.length;
        void meanwhile().then(() => {
          expect(text.length).toBe(delivered); // nothing came during the pause
          body.resume();
        });
      },
      end: () => resolve({ text, error: undefined }),
      fail: (error) => resolve({ text, error }),
    });
  });
}

describe("a connection that is not kept and ends while its reader is paused", () => {
  const framings = [
    { what: "a body until the end", headers: "", sent: BODY },
    {
      what: "a chunked body",
      headers: "connection: close\r\ntransfer-encoding: chunked\r\n",
      sent: CHUNK,
    },
    { what: "a body with a length", headers: "connection: close\r\ncontent-length: 4000\r\n", sent: BODY },
  ];
  const ends = [
    { how: "ends", end: (socket: Socket) => void socket.end() },
    { how: "is reset", end: (socket: Socket) => void socket.resetAndDestroy() },
  ];

  it.each(framings.flatMap((framing) => ends.map((end) => ({ ...framing, ...end }))))(
    "tells the reader, and the process lives: $what, and it $how",
    async ({ what, headers, sent, end }) => {
      let peer: Socket | undefined;
      const { url } = await serveTcp((socket) => {
        peer = socket;
        socket.once("data", () => socket.write(`${HEAD}${headers}\r\n${sent}`));
      });
      const { body } = await openTransport().stream(get(url));
      const { text, error } = await readWithPause(body, async () => {
        if (peer) end(peer);
        await settle();
      });
      expect(text).toBe(BODY);
      const isWhole = what === "a body until the end"; // HTTP/1.0's framing: the end is the end
      expect(error).toEqual(isWhole ? undefined : expect.objectContaining({ kind: "stream" }));
    },
  );

  it.each([
    ["with a length", (size: number) => `content-length: ${size}\r\n`],
    ["without one", () => ""],
  ])("its compressed answer %s is read whole, however slow the decoder", async (_what, length) => {
    const text = Array.from({ length: 7_000 }, (_, index) => (index * 2_654_435_761) % 4_294_967_296).join(" ");
    const packed = gzipSync(text);
    const { url } = await serveTcp((socket) => {
      socket.once("data", () => {
        socket.write(`${HEAD}connection: close\r\ncontent-encoding: gzip\r\n${length(packed.length)}\r\n`);
        socket.end(packed);
      });
    });
    const answer = await openTransport().execute(get(url));
    expect(Buffer.from(answer.body).toString()).toBe(text);
  });
});

describe("a reader that pauses", () => {
  it("leaves the connection fit for the next request, though it never resumes", async () => {
    let connections = 0;
    const { url } = await serveTcp((socket) => {
      connections += 1;
      socket.on("data", () => socket.write(`${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY}`));
    });
    const transport = openTransport();
    const { body } = await transport.stream(get(url));
    body.pause();
    await settle();
    expect((await transport.execute(get(url))).body.length).toBe(BODY.length);
    expect(connections).toBe(1);
  });

  it("gets nothing more once it has cancelled, of what had come already neither", async () => {
    let goOn = (): void => {};
    const { url } = await serveTcp((socket) => {
      socket.once("data", () => socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n1\r\na\r\n`));
      goOn = () => void socket.write("1\r\nb\r\n0\r\n\r\n");
    });
    const { body } = await openTransport().stream(get(url));
    const seen: string[] = [];
    const paused = new Promise<void>((resolve) => {
      body.pipe({
        chunk(bytes) {
          seen.push(Buffer.from(bytes).toString());
          body.pause();
          resolve();
        },
        end: () => void seen.push("end"),
        fail: () => void seen.push("fail"),
      });
    });
    await paused;
    goOn();
    await settle();
    body.cancel();
    body.resume();
    await settle();
    expect(seen).toEqual(["a"]);
  });

  it("slows the server down, and gets everything in the end", async () => {
    const { url, flood } = await serveFlood();
    const { body } = await openTransport().stream(get(url));
    const { text } = await readWithPause(body, async () => {
      await standstill(() => flood.sent);
      expect(flood.sent).toBeLessThan(flood.pieces);
    });
    expect(text.length).toBe(flood.bytes);
  });
});

it("an answer that ends before anybody reads it waits for its reader", async () => {
  const { url } = await serveTcp((socket) => {
    socket.once("data", () => socket.end(`${HEAD}\r\n`));
  });
  const { body } = await openTransport().stream(get(url));
  await settle();
  expect(await readWithPause(body, settle)).toEqual({ text: "", error: undefined });
});
