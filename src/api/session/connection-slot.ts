import { AbortedError } from "../../client/failure/kinds.ts";
import type { ResponsesWebsocketClient, WebsocketConnectOptions } from "../responses/websocket-client.ts";
import type { ResponsesWebsocketConnection } from "../responses/websocket-connection.ts";
import { ConnectionHistory } from "./incremental.ts";

interface Held {
  readonly connection: ResponsesWebsocketConnection;
  readonly history: ConnectionHistory;
}

/** A connection for one request, and what it knows of the conversation. */
export interface Lease {
  readonly connection: ResponsesWebsocketConnection;
  readonly history: ConnectionHistory;
  /** It was not opened for this request. */
  readonly wasIdle: boolean;
}

/** Holds the one WebSocket of a session, from request to request and from turn to turn. */
export class ConnectionSlot {
  readonly #client: Pick<ResponsesWebsocketClient, "connect">;
  readonly #maxAgeMs: number;
  #held: Held | undefined;

  constructor(client: Pick<ResponsesWebsocketClient, "connect">, maxAgeMs: number) {
    this.#client = client;
    this.#maxAgeMs = maxAgeMs;
  }

  /** What a request would be compared with; undefined when it needs a new connection. */
  get history(): ConnectionHistory | undefined {
    return this.#usable()?.history;
  }

  /** The open connection, if it is fit for another request, else a new one. Throws as {@link ResponsesWebsocketClient.connect} does. */
  async obtain(options: WebsocketConnectOptions): Promise<Lease> {
    const usable = this.#usable();
    if (usable) return { ...usable, wasIdle: true };
    // One too old, or doubtful, says goodbye; nobody waits for that, nor for what it has to complain about.
    this.#held?.connection.close().catch(() => {});
    this.#held = undefined;
    const connection = await this.#client.connect(options);
    if (options.signal?.aborted) {
      // Too late: by now another call may be opening its own.
      connection.close().catch(() => {});
      throw new AbortedError(options.signal.reason);
    }
    const held = { connection, history: new ConnectionHistory() };
    this.#held = held;
    return { ...held, wasIdle: false };
  }

  /** Closes the connection and waits until that is done. */
  async close(): Promise<void> {
    const connection = this.#held?.connection;
    this.#held = undefined;
    await connection?.close();
  }

  #usable(): Held | undefined {
    const held = this.#held;
    if (!held || held.connection.isClosed || held.connection.isDoubtful) return undefined;
    return performance.now() - held.connection.openedAt < this.#maxAgeMs ? held : undefined;
  }
}
