import type { Socket } from "node:net";
import { ChunkedBody } from "./chunked-body.ts";
import { ResponseHeads } from "./response-heads.ts";

/** Controls for the bytes that arrive on a socket. */
export interface SocketReads {
  /** A request is being sent: the next bytes are the head of its answer, and are adapted for a strict parser ({@link ResponseHeads}). */
  expectHead(): void;
  /**
   * The body of the answer comes in chunks: their data goes to `onData`, past the reader of the socket ({@link ChunkedBody}). Has an effect only
   * while that reader is taking the answer's head.
   */
  takeChunks(onData: (data: Buffer) => void): void;
  /**
   * From now on arriving bytes stay in the socket's buffer, which stops the network when it is full. The end of the connection waits behind them.
   */
  hold(): void;
  /** Ends `hold`, in a later tick, because the caller may still be handling earlier bytes. */
  release(): void;
}

/**
 * Passes bytes from the network directly to the reader of `socket`, which reads with `readable` and `read()` as undici does. Normally each
 * read goes through the stream's buffer and a later tick, which is a tenth of undici's cost with many slow streams. Bytes that the reader
 * leaves, and bytes that arrive during `hold`, still take that way. The data of a body in chunks does not even need that reader.
 *
 * Reads are held here and not with undici's own pause: undici aborts the process with an assertion if a connection that is not kept ends
 * while its parser is paused (nodejs/undici#5360).
 */
export function readDirectly(socket: Socket): SocketReads {
  const { push, read } = socket;
  const heads = new ResponseHeads();
  let body: ChunkedBody | undefined;
  let offered: unknown = null;
  let isOffering = false;
  let isOnHead = false;
  let isHeld = false;

  /** @returns False if the network is to stop, as `push` does. */
  const receive = (arrived: Buffer): boolean => {
    const chunk = heads.take(arrived);
    if (chunk === undefined) return true;
    if (isHeld || socket.readableLength > 0) return push.call(socket, chunk);
    const { bodyAt } = heads;
    if (bodyAt === 0) return pass(chunk);
    // By itself: what the reader finds in the head decides how the body is read.
    isOnHead = true;
    const goesOn = offer(chunk.subarray(0, bodyAt));
    isOnHead = false;
    if (bodyAt === chunk.length) return goesOn;
    const rest = chunk.subarray(bodyAt);
    return socket.readableLength > 0 ? push.call(socket, rest) : pass(rest);
  };

  const pass = (chunk: Buffer): boolean => {
    const rest = withoutData(chunk);
    return rest === undefined || offer(rest);
  };

  /** @returns What is left for the reader of the socket; undefined if that is nothing. */
  const withoutData = (chunk: Buffer): Buffer | undefined => {
    if (!body) return chunk;
    const rest = body.take(chunk);
    if (body?.isOver) body = undefined;
    return rest;
  };

  /** Offers bytes to the reader of the socket; what it leaves stays in the buffer. */
  const offer = (chunk: Buffer): boolean => {
    offered = chunk;
    isOffering = true;
    try {
      socket.emit("readable");
    } finally {
      isOffering = false;
    }
    if (offered === null) return true;
    offered = null;
    return push.call(socket, chunk);
  };

  socket.push = (arrived, encoding) => {
    if (arrived !== null) return receive(arrived);
    const partial = heads.flush();
    if (partial) push.call(socket, partial, encoding);
    return push.call(socket, null, encoding);
  };

  socket.read = (size) => {
    if (isOffering) {
      const chunk = offered;
      offered = null;
      return chunk;
    }
    if (isHeld && size !== 0) return null;
    for (;;) {
      const chunk = read.call(socket, size);
      const rest = chunk === null ? null : withoutData(chunk);
      if (rest !== undefined) return rest;
      if (isHeld) return null;
    }
  };

  const readOn = (): void => {
    if (!isHeld && !socket.destroyed) socket.emit("readable");
  };
  return {
    expectHead() {
      body = undefined;
      heads.expect();
    },
    takeChunks(onData) {
      if (isOnHead) body = new ChunkedBody(onData);
    },
    hold() {
      isHeld = true;
    },
    release() {
      if (!isHeld) return;
      isHeld = false;
      process.nextTick(readOn);
    },
  };
}
