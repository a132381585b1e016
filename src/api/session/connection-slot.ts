import { AbortedError } from "../../client/failure/kinds.ts";
import type { WebSocketConnectOptions } from "../responses/websocket/client.ts";
import type { ResponsesWebSocketConnection } from "../responses/websocket/connection.ts";
import type { CallPart } from "../service/call.ts";
import { ConnectionHistory } from "./incremental.ts";

interface Held {
  /** Whose it is: a connection's credentials are those of its handshake. */
  readonly accountId: string | undefined;
  readonly connection: ResponsesWebSocketConnection;
  readonly history: ConnectionHistory;
}

/** A connection for one request, and what it knows of the conversation. */
export interface Lease {
  readonly connection: ResponsesWebSocketConnection;
  readonly history: ConnectionHistory;
  /** It was not opened for this request. */
  readonly wasIdle: boolean;
}

/** A call that needs the connection. */
export interface ConnectionCall {
  readonly options: WebSocketConnectOptions;
  readonly part: CallPart;
}

type Connect = (call: ConnectionCall) => Promise<ResponsesWebSocketConnection>;

/** Holds the one WebSocket of a session, from request to request and from turn to turn. */
export class ConnectionSlot {
  readonly #connect: Connect;
  readonly #maxAgeMs: number;
  #held: Held | undefined;

  constructor(connect: Connect, maxAgeMs: number) {
    this.#connect = connect;
    this.#maxAgeMs = maxAgeMs;
  }

  /** What a request would be compared with; undefined when it needs a new connection. */
  get history(): ConnectionHistory | undefined {
    return this.#usable()?.history;
  }

  /**
   * The open connection, if it is fit for another request of the same account, else a new one. Throws as `ResponsesWebSocketClient.connect` does.
   */
  async obtain({ options, part }: ConnectionCall): Promise<Lease> {
    const accountId = await part.credentials.accountId();
    const usable = this.#usable();
    if (usable && usable.accountId === accountId) return { ...usable, wasIdle: true };
    // One too old, or doubtful, says goodbye; nobody waits for that, nor for what it has to complain about.
    this.#held?.connection.close().catch(() => {});
    this.#held = undefined;
    const connection = await this.#connect({ options, part });
    if (options.signal?.aborted) {
      // Too late: by now another call may be opening its own.
      connection.close().catch(() => {});
      throw new AbortedError(options.signal.reason);
    }
    const held = { accountId, connection, history: new ConnectionHistory() };
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
