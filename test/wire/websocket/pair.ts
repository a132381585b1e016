import type { WebSocketConnection } from "../../../src/client/websocket/index.ts";
import { type RawPeer, type RawServerOptions, serveRaw } from "./raw-server.ts";
import { type Heard, listen, open } from "./support.ts";

export interface Pair {
  readonly connection: WebSocketConnection;
  readonly heard: Heard;
  readonly peer: RawPeer;
}

/** A connection that listens, and its other end. */
export async function connect(options: Parameters<typeof open>[1] = {}, server: RawServerOptions = {}): Promise<Pair> {
  const peers: RawPeer[] = [];
  const served = await serveRaw((peer) => peers.push(peer), server);
  const connection = await open(served.url, options);
  const [peer] = peers;
  if (!peer) throw new Error("no peer");
  return { connection, heard: listen(connection), peer };
}
