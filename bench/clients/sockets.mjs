// Node's sockets and nothing else: what the network costs without an HTTP client, the bytes thrown away.
import { connect } from "node:net";
import { requestOf } from "./request.mjs";

const LAST_CHUNK = "0\r\n\r\n";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { hostname, port } = new URL(origin);
  return {
    read(model) {
      const { body, headers } = requestOf(model);
      const fields = Object.entries({
        host: `${hostname}:${port}`,
        "content-length": Buffer.byteLength(body),
        ...headers,
      });
      const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      return new Promise((resolve, reject) => {
        const socket = connect({ host: hostname, port: Number(port) });
        socket.on("error", reject);
        socket.on("data", (chunk) => {
          if (chunk.toString("latin1", chunk.length - LAST_CHUNK.length) !== LAST_CHUNK) return;
          socket.destroy();
          resolve(undefined);
        });
        socket.write(`POST /v1/responses HTTP/1.1\r\n${head}\r\n${body}`);
      });
    },
  };
}
