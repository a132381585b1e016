import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { ConnectionPool } from "../../../../src/client/http/connection-pool.ts";
import { readDirectly } from "../../../../src/client/http/direct-reads.ts";
import { createDialer } from "../../../../src/client/route/index.ts";
import { createTrust } from "../../../../src/client/trust/index.ts";
import { serve, serveTcp } from "../../../support/serve.ts";

/** Both ends of a connection. */
async function pair(): Promise<{ socket: Socket; peer: Socket }> {
  const { promise, resolve } = withResolver<Socket>();
  const { port } = await serveTcp(resolve);
  const socket = connect({ port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  return { socket, peer: await promise };
}

function withResolver<Value>(): { promise: Promise<Value>; resolve(value: Value): void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Sends and waits until the other side has it, in its buffer or beyond. */
async function deliver(peer: Socket, socket: Socket, text: string): Promise<void> {
  const expected = socket.bytesRead + text.length;
  peer.write(text);
  while (socket.bytesRead < expected) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves once nothing more comes for a hundred turns of the event loop, each of which looks at the network. */
async function comeToRest(socket: Socket): Promise<void> {
  let before = -1;
  while (socket.bytesRead === 0 || socket.bytesRead !== before) {
    before = socket.bytesRead;
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a socket that is read directly", () => {
  it("gives its reader each piece as it arrives, bypassing the buffer", async () => {
    const { socket, peer } = await pair();
    readDirectly(socket);
    const read: string[] = [];
    socket.on("readable", () => {
      expect(socket.readableLength).toBe(0);
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) read.push(String(chunk));
    });
    await deliver(peer, socket, "one ");
    await deliver(peer, socket, "two");
    expect(read).toEqual(["one ", "two"]);
    peer.end("!");
    await once(socket, "end");
    expect(read).toEqual(["one ", "two", "!"]);
  });

  it.each([
    ["pieces", ["one ", "two "]],
    ["a single byte", ["!"]],
  ])("keeps what its reader leaves, in order, and continues directly after that: %s", async (_what, left) => {
    const { socket, peer } = await pair();
    readDirectly(socket);
    let isPaused = true;
    let read = "";
    const takeAll = () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) read += chunk;
    };
    socket.on("readable", () => {
      if (!isPaused) takeAll();
    });
    for (const piece of left) await deliver(peer, socket, piece);
    expect(socket.readableLength).toBe(left.join("").length);
    isPaused = false;
    await deliver(peer, socket, "three "); // comes while those still wait
    takeAll();
    expect(read).toBe(`${left.join("")}three `);
    await deliver(peer, socket, "four");
    expect(read).toBe(`${left.join("")}three four`);
  });

  it("stops reading if its reader takes nothing, and starts again", async () => {
    const { socket, peer } = await pair();
    readDirectly(socket);
    socket.on("readable", () => {});
    const size = 50_000_000;
    peer.end(Buffer.alloc(size));
    await comeToRest(socket);
    expect(socket.readableLength).toBeGreaterThanOrEqual(socket.readableHighWaterMark);
    expect(socket.readableLength).toBeLessThan(socket.readableHighWaterMark + 64 * 1024); // Node reads 64 KiB at a time
    let read = 0;
    const takeAll = () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) read += chunk.length;
    };
    socket.on("readable", takeAll);
    takeAll();
    await once(socket, "end");
    expect(read).toBe(size);
  });

  it("gives nothing while it is paused, and everything in order after that, the end last", async () => {
    const { socket, peer } = await pair();
    const reads = readDirectly(socket);
    let read = "";
    socket.on("readable", () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) read += chunk;
    });
    await deliver(peer, socket, "one ");
    reads.hold();
    await deliver(peer, socket, "two ");
    await deliver(peer, socket, "three");
    peer.end();
    await comeToRest(socket);
    expect(read).toBe("one ");
    expect(socket.readableEnded).toBe(false);
    reads.release();
    expect(read).toBe("one "); // not before the caller is done
    await once(socket, "end");
    expect(read).toBe("one two three");
  });

  it("ends while it is paused if nothing waits to be read", async () => {
    const { socket, peer } = await pair();
    const reads = readDirectly(socket);
    socket.on("readable", () => void socket.read());
    await deliver(peer, socket, "one ");
    reads.hold();
    peer.end();
    await once(socket, "end");
  });

  it("does not wake its reader if it is paused again at once", async () => {
    const { socket, peer } = await pair();
    const reads = readDirectly(socket);
    let woken = 0;
    socket.on("readable", () => {
      woken += 1;
      socket.read();
    });
    await deliver(peer, socket, "one ");
    reads.hold();
    reads.release();
    reads.hold();
    await new Promise((resolve) => setImmediate(resolve));
    expect(woken).toBe(1);
  });

  it("is ended by an error like any other", async () => {
    const { socket, peer } = await pair();
    readDirectly(socket);
    socket.on("readable", () => socket.read());
    peer.resetAndDestroy();
    const [error] = await once(socket, "error");
    expect(error).toMatchObject({ code: "ECONNRESET" });
  });
});

describe("the data of a chunked body", () => {
  const HEAD = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

  /** A reader like undici's, which asks for the data when it gets the head. */
  async function reading() {
    const { socket, peer } = await pair();
    const reads = readDirectly(socket);
    const seen = { reader: "", data: [] as string[] };
    socket.on("readable", () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
        seen.reader += chunk;
        if (String(chunk).includes("transfer-encoding")) reads.takeChunks((data) => void seen.data.push(String(data)));
      }
    });
    reads.expectHead();
    return { socket, peer, reads, seen };
  }

  it("bypasses the reader, one piece for each read; the reader gets the rest", async () => {
    const { socket, peer, seen } = await reading();
    await deliver(peer, socket, `${HEAD}3\r\none\r\n4\r\n two\r\n`);
    await deliver(peer, socket, "6\r\n th");
    await deliver(peer, socket, "ree\r\n0\r\nx-trailer: 1\r\n\r\n");
    expect(seen).toEqual({ reader: `${HEAD}0\r\nx-trailer: 1\r\n\r\n`, data: ["one two", " th", "ree"] });
  });

  it("waits while the socket is paused, and bypasses the reader afterwards too", async () => {
    const { socket, peer, reads, seen } = await reading();
    await deliver(peer, socket, HEAD);
    reads.hold();
    await deliver(peer, socket, "3\r\none\r\n");
    await deliver(peer, socket, "4\r\n two\r\n");
    expect(seen.data).toEqual([]);
    reads.release();
    await deliver(peer, socket, "1\r\n!\r\n0\r\n\r\n");
    // Node 26 gives what waited in the buffer piece by piece, older ones as one piece.
    expect({ ...seen, data: seen.data.join("") }).toEqual({ reader: `${HEAD}0\r\n\r\n`, data: "one two!" });
  });

  it("leaves an unfinished head to the reader, before the end", async () => {
    const { socket, peer, seen } = await reading();
    await deliver(peer, socket, HEAD.slice(0, 20));
    expect(seen.reader).toBe("");
    peer.end();
    await once(socket, "end");
    expect(seen).toEqual({ reader: HEAD.slice(0, 20), data: [] });
  });

  it("is found after a head that comes in pieces", async () => {
    const { socket, peer, seen } = await reading();
    await deliver(peer, socket, HEAD.slice(0, 20));
    await deliver(peer, socket, HEAD.slice(20));
    await deliver(peer, socket, "3\r\none\r\n");
    expect(seen).toEqual({ reader: HEAD, data: ["one"] });
  });

  it("goes to the reader if it was requested before the head came", async () => {
    const { socket, peer, reads, seen } = await reading();
    reads.takeChunks((data) => void seen.data.push(String(data)));
    await deliver(peer, socket, "HTTP/1.1 200 OK\r\n\r\n3\r\none\r\n");
    expect(seen).toEqual({ reader: "HTTP/1.1 200 OK\r\n\r\n3\r\none\r\n", data: [] });
  });

  it("goes to the reader if it is not requested with the head, or with the next answer", async () => {
    const { socket, peer, reads, seen } = await reading();
    await deliver(peer, socket, HEAD);
    reads.expectHead(); // a new request
    await deliver(peer, socket, "HTTP/1.1 200 OK\r\n\r\n3\r\none\r\n");
    reads.takeChunks((data) => void seen.data.push(String(data)));
    await deliver(peer, socket, "3\r\ntwo\r\n");
    expect(seen.data).toEqual([]);
    expect(seen.reader).toBe(`${HEAD}HTTP/1.1 200 OK\r\n\r\n3\r\none\r\n3\r\ntwo\r\n`);
  });
});

describe("a connection of the pool", () => {
  it("is read directly, so that a body bypasses the stream's buffer", async () => {
    const words = ["one ", "two ", "three"];
    const heard = words.map(() => withResolver<void>());
    const server = await serve(async (_request, response) => {
      for (const [index, word] of words.entries()) {
        response.write(word);
        await heard[index]?.promise;
      }
      response.end();
    });
    let pushed = 0;
    const dialer = createDialer({ trust: createTrust({ env: {} }), env: {} });
    const pool = new ConnectionPool({
      ...dialer,
      async dial(target, limits) {
        const socket = await dialer.dial(target, limits);
        const push = socket.push.bind(socket);
        socket.push = (chunk, encoding) => {
          if (chunk !== null) pushed += 1;
          return push(chunk, encoding);
        };
        return socket;
      },
    });
    onTestFinished(() => pool.close());
    const url = new URL(server.url);
    const limits = { timeoutMs: 1_000, signal: undefined };
    const { client } = await pool.acquire({ url, origin: url.origin, forwardThrough: undefined }, limits);
    let text = "";
    await new Promise<void>((resolve, reject) => {
      client.dispatch(
        { method: "GET", path: "/" },
        {
          onRequestStart() {},
          onResponseStart() {},
          onResponseData(_controller, chunk) {
            text += chunk;
            heard[words.indexOf(String(chunk))]?.resolve();
          },
          onResponseEnd: () => resolve(),
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
    expect(text).toBe(words.join(""));
    expect(pushed).toBe(0);
  });
});
