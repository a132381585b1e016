// The server's side of a WebSocket, byte by byte: for frames that no library would send, and to see what the client really sends.
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import type { Socket } from "node:net";
import { serveTcp } from "../../support/serve.ts";

export interface RawFrame {
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
  /** Of the frame on the wire. */
  readonly size: number;
}

export interface RawPeer {
  readonly socket: Socket;
  /** The handshake's lines, as sent. */
  readonly request: readonly string[];
  /** The next frame of the client. */
  nextFrame(): Promise<RawFrame>;
  /** Frames so far. */
  readonly frames: readonly RawFrame[];
  readonly closed: Promise<void>;
}

export interface RawServerOptions {
  /** Further lines of the 101 answer. */
  readonly lines?: readonly string[];
  /** Instead of the 101 answer: bytes as they are, or nothing at all. */
  readonly answer?: string | ((key: string) => string) | false;
}

export const opcode = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

function acceptLine(key: string): string {
  const digest = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return `Sec-WebSocket-Accept: ${digest}`;
}

export function answer101(key: string, lines: readonly string[] = []): string {
  const all = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    acceptLine(key),
    ...lines,
  ];
  return `${all.join("\r\n")}\r\n\r\n`;
}

/** A frame as a server sends it: whole, and not masked. */
export function frame(code: number, payload: string | Uint8Array = "", bits = 0x80): Buffer {
  const bytes = Buffer.from(payload);
  const { length } = bytes;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = bits | code;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, bytes]);
}

export function closeFrame(code: number, reason = ""): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return frame(opcode.close, Buffer.concat([bytes, Buffer.from(reason)]));
}

/** Reads the handshake, answers it, and hands each connection to `onOpen`. Closed with the test. */
export async function serveRaw(
  onOpen: (peer: RawPeer, index: number) => void = () => {},
  options: RawServerOptions = {},
): Promise<{ readonly url: string; readonly port: number }> {
  const served = await serveTcp((socket, index) => {
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      socket.off("data", onData);
      const request = head.subarray(0, end).toString("latin1").split("\r\n");
      const key = request.map((line) => /^sec-websocket-key: (.*)$/i.exec(line)?.[1]).find(Boolean) ?? "";
      const { answer } = options;
      const text =
        answer === undefined ? answer101(key, options.lines) : typeof answer === "function" ? answer(key) : answer;
      if (text) socket.write(text, "latin1");
      onOpen(new Peer(socket, request, head.subarray(end + 4)), index);
    };
    socket.on("data", onData);
  });
  return { url: served.url.replace("http", "ws"), port: served.port };
}

class Peer extends EventEmitter implements RawPeer {
  readonly socket: Socket;
  readonly request: readonly string[];
  readonly frames: RawFrame[] = [];
  readonly closed: Promise<void>;
  #taken = 0;
  #bytes: Buffer;

  constructor(socket: Socket, request: readonly string[], rest: Buffer) {
    super();
    this.socket = socket;
    this.request = request;
    this.#bytes = rest;
    this.closed = once(socket, "close").then(() => undefined);
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#parse();
    });
    this.#parse();
  }

  async nextFrame(): Promise<RawFrame> {
    const index = this.#taken++;
    while (this.frames.length <= index) await once(this, "frame");
    return this.frames[index] as RawFrame;
  }

  #parse(): void {
    for (let parsed = parseFrame(this.#bytes); parsed; parsed = parseFrame(this.#bytes)) {
      this.#bytes = this.#bytes.subarray(parsed.size);
      this.frames.push(parsed);
      this.emit("frame");
    }
  }
}

function parseFrame(bytes: Buffer): RawFrame | undefined {
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < headBytes) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const masked = (second & 0x80) !== 0;
  const size = headBytes + (masked ? 4 : 0) + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(headBytes, headBytes + 4);
  const payload = Buffer.from(bytes.subarray(size - length, size));
  for (let index = 0; masked && index < length; index += 1) payload[index]! ^= mask[index & 3]!;
  return { fin: (first & 0x80) !== 0, rsv1: (first & 0x40) !== 0, opcode: first & 0x0f, masked, payload, size };
}
