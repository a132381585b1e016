import type { Socket } from "node:net";
import { ResponseHeads } from "./response-heads.ts";

/** Controls for the bytes that arrive on a socket. */
export interface SocketReads {
  /** A request is being sent: the next bytes are the head of its answer, and are adapted for a strict parser ({@link ResponseHeads}). */
  expectHead(): void;
  /**
   * From now on arriving bytes stay in the socket's buffer, which stops the network when it is full. The end of the connection waits too.
   */
  hold(): void;
  /** Ends `hold`, in a later tick, because the caller may still be handling earlier bytes. */
  release(): void;
}

/**
 * Passes bytes from the network directly to the reader of `socket`, which reads with `readable` and `read()` as undici does. Normally each
 * read goes through the stream's buffer and a later tick, which is a tenth of undici's cost with many slow streams. Bytes that the reader
 * leaves, and bytes that arrive during `hold`, still take that way.
 *
 * Reads are held here and not with undici's own pause: undici aborts the process with an assertion if a connection that is not kept ends
 * while its parser is paused (nodejs/undici#5360).
 */
export function readDirectly(socket: Socket): SocketReads {
  const { push, read } = socket;
  let offered: unknown = null;
  let isOffering = false;
  let isHeld = false;
  const heads = new ResponseHeads();

  socket.push = (arrived, encoding) => {
    const chunk = arrived === null ? heads.flush() : heads.take(arrived);
    if (arrived === null) {
      if (chunk) push.call(socket, chunk, encoding);
      return push.call(socket, null, encoding);
    }
    if (chunk === undefined) return true;
    if (isHeld || socket.readableLength > 0) return push.call(socket, chunk, encoding);
    offered = chunk;
    isOffering = true;
    try {
      socket.emit("readable");
    } finally {
      isOffering = false;
    }
    if (offered === null) return true;
    offered = null;
    return push.call(socket, chunk, encoding);
  };

  socket.read = (size) => {
    if (isOffering) {
      const chunk = offered;
      offered = null;
      return chunk;
    }
    return isHeld && size !== 0 ? null : read.call(socket, size);
  };

  const readOn = (): void => {
    if (!isHeld && !socket.destroyed) socket.emit("readable");
  };
  return {
    expectHead: () => heads.expect(),
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
