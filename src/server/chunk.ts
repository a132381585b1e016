import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";

/** What is written in one go leaves in one packet: the head, the events that are there already, and the end. */
export function holdTogether(socket: Writable): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}

/**
 * A piece of an answer whose head is out, as one HTTP chunk in one write. Node's own way makes three of it, which is most of what a small
 * event costs; it keeps the order, since an answer that has its socket has nothing left to send elsewhere.
 *
 * @param encoding - `latin1`: `text` are bytes, one a character.
 * @returns What emits `drain` when there is room again; undefined where there is.
 */
export function writeChunk(response: ServerResponse, text: string, encoding: "utf8" | "latin1"): Writable | undefined {
  const { socket, chunkedEncoding } = response;
  if (!socket || !chunkedEncoding) return response.write(text, encoding) ? undefined : response;
  const size = encoding === "latin1" ? text.length : Buffer.byteLength(text);
  return socket.write(`${size.toString(16)}\r\n${text}\r\n`, encoding) ? undefined : socket;
}
