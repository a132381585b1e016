import type { Socket } from "node:net";

/**
 * Lets what the network brings go straight to the reader of `socket`, which takes it by `readable` and `read()` as undici does. A stream's own
 * way there leads through its buffer and a later tick, for each read: a tenth of what undici costs with many slow streams. Whatever the reader
 * leaves, because it is paused or because more waits already, takes that way.
 */
export function readDirectly(socket: Socket): void {
  const { push, read } = socket;
  let offered: unknown = null;
  let isOffering = false;

  socket.push = (chunk, encoding) => {
    if (chunk === null || socket.readableLength > 0) return push.call(socket, chunk, encoding);
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
    if (!isOffering) return read.call(socket, size);
    const chunk = offered;
    offered = null;
    return chunk;
  };
}
