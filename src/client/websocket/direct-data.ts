import type { Socket } from "node:net";

/**
 * Passes on what arrives without the bookkeeping of the stream, which schedules a tick of its own for every network read. While the socket is
 * paused, and until everything that came meanwhile is read, bytes take the stream's way.
 */
export function deliverDirectly(socket: Socket): void {
  const { push } = socket;
  socket.push = (chunk, encoding) => {
    if (chunk === null || !socket.readableFlowing || socket.readableLength > 0)
      return push.call(socket, chunk, encoding);
    socket.emit("data", chunk);
    return true;
  };
}
