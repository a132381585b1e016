import type { Socket } from "node:net";
import { ResponseHeads } from "./response-heads.ts";

/** What a reader may do to what the network brings. */
export interface SocketReads {
  /** A request goes out: what comes next is the head of its answer, and is made fit for a strict parser ({@link ResponseHeads}). */
  expectHead(): void;
  /** From now on what comes waits in the socket's buffer, which stops the network when it is full. The end waits behind it. */
  hold(): void;
  /** Ends that, in a later tick: the caller may still be at work on what came before. */
  release(): void;
}

/**
 * Lets what the network brings go straight to the reader of `socket`, which takes it by `readable` and `read()` as undici does. A stream's own
 * way there leads through its buffer and a later tick, for each read: a tenth of what undici costs with many slow streams. What the reader
 * leaves, and what comes while it is held, takes that way.
 *
 * Held here rather than by undici's own pause: undici ends the process by an assertion where a connection that is not kept ends while its
 * parser is paused (nodejs/undici#5360).
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
