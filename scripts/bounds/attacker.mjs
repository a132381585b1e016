// A server whose answer never ends. `node attacker.mjs WAY`; without a way it sends the list of them to its parent.
import { createHash } from "node:crypto";
import { createServer } from "node:net";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = "transfer-encoding: chunked\r\n\r\n";
const EVENTS = "content-type: text/event-stream\r\n";

/** @type {Record<string, { head: string, piece: Buffer }>} */
const ways = {
  "event in chunks of one byte": { head: `${OK}${EVENTS}${CHUNKED}6\r\ndata: \r\n`, piece: Buffer.from("1\r\na\r\n") },
  "empty data lines": { head: `${OK}${EVENTS}connection: close\r\n\r\n`, piece: Buffer.from("data:\n") },
  "empty events": { head: `${OK}${EVENTS}connection: close\r\n\r\n`, piece: Buffer.from("data:\n\n") },
  "unary body in chunks of one byte": {
    head: `${OK}content-type: application/json\r\n${CHUNKED}`,
    piece: Buffer.from("1\r\na\r\n"),
  },
  "error body in chunks of one byte": {
    head: `HTTP/1.1 400 No\r\ncontent-type: text/plain\r\n${CHUNKED}`,
    piece: Buffer.from("1\r\na\r\n"),
  },
  "websocket fragments of one byte": { head: "", piece: Buffer.from([0x00, 0x01, 0x61]) },
  "websocket fragments of nothing": { head: "", piece: Buffer.from([0x00, 0x00]) },
  "websocket message without an end": { head: "", piece: Buffer.alloc(1024, "a") },
};

const way = ways[process.argv[2] ?? ""];
if (!way) process.send?.(Object.keys(ways));
else {
  const { piece, head } = way;
  const flood = Buffer.concat(Array.from({ length: Math.ceil(60_000 / piece.length) }, () => piece));
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (request) => {
      socket.write(head === "" ? upgrade(String(request)) : head);
      if (head === "")
        socket.write(Buffer.from(piece.length > 100 ? [0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0] : [0x01, 0x01, 0x61]));
      const pour = () => {
        while (!socket.destroyed && socket.write(flood));
        if (!socket.destroyed) socket.once("drain", pour);
      };
      pour();
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.send?.(`http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/v1`);
  });
}
process.on("disconnect", () => process.exit(0));

/** @param {string} request */
function upgrade(request) {
  const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`;
}
