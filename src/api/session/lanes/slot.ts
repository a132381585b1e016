import type { ResponsesWebSocketConnection } from "../../responses/websocket/connection.ts";
import { ConnectionHistory } from "../incremental.ts";
import type { ConnectionCall, Place, SessionConnections, SharedConnection } from "./connections.ts";

/** A connection for one request of a lane, and what it knows of the lane's conversation. */
export interface Lease {
  readonly connection: ResponsesWebSocketConnection;
  readonly streamId: string | undefined;
  readonly history: ConnectionHistory;
  /** True if it was not opened for this request. */
  readonly wasIdle: boolean;
}

/** One lane's place on the session's connections. It lasts over requests and turns. */
export class LaneSlot {
  readonly #connections: SessionConnections;
  readonly #isNamed: boolean;
  #place: Place | undefined;
  #hasAsked = false;
  #history = new ConnectionHistory();

  /** @param isNamed - False for the session's own conversation, which has no `stream_id`. */
  constructor(connections: SessionConnections, isNamed: boolean) {
    this.#connections = connections;
    this.#isNamed = isNamed;
  }

  /** True until a request of the lane has had a place. */
  get isNew(): boolean {
    return !this.#hasAsked;
  }

  /** True once the session has stopped using WebSockets. */
  get isGivenUp(): boolean {
    return this.#connections.isGivenUp;
  }

  giveUp(): void {
    this.#connections.giveUp();
  }

  /** The history that the next request is compared with; undefined if the request needs another connection. */
  get history(): ConnectionHistory | undefined {
    return this.#isKept() ? this.#history : undefined;
  }

  /** The largest message, in bytes, that the connection's server accepts, if it states a limit. */
  get maxMessageBytes(): number | undefined {
    return this.#place?.shared.connection.maxMessageBytes;
  }

  /**
   * The connection of the last request if it can serve another one for the same account, else another connection. Throws as
   * `SessionConnections.place` does.
   */
  async obtain(call: ConnectionCall): Promise<Lease> {
    const accountId = await call.part.credentials.accountId();
    if (this.#place && this.#isKept() && this.#serves(this.#place.shared, call, accountId))
      return this.#lease(this.#place, true);
    this.release();
    const place = await this.#connections.place(call, this, this.#isNamed);
    this.#place = place;
    return this.#lease(place, place.wasIdle);
  }

  /** A request of the lane is being sent. */
  asked(): void {
    this.#hasAsked = true;
  }

  /** A place for another lane that knows what this one knows, on the same connection if that has a free name. */
  fork(): LaneSlot {
    const fork = new LaneSlot(this.#connections, true);
    const shared = this.#isKept() ? this.#place?.shared : undefined;
    const streamId = shared && !this.#connections.takesTurns(shared) ? shared.takeName() : undefined;
    if (shared === undefined || streamId === undefined) return fork;
    fork.#place = { shared, streamId, wasIdle: true };
    fork.#history = this.#history.fork();
    return fork;
  }

  /** Frees the place; its name can be reused. */
  release(): void {
    if (this.#place) {
      const { shared, streamId } = this.#place;
      if (streamId !== undefined) shared.giveBack(streamId);
      if (shared.lastAsked === this) shared.lastAsked = undefined;
    }
    this.#place = undefined;
    this.#history = new ConnectionHistory();
  }

  #lease({ shared, streamId }: Place, wasIdle: boolean): Lease {
    const { connection } = shared;
    const byTurns = this.#connections.takesTurns(shared);
    if (byTurns && shared.lastAsked !== this) this.#history = new ConnectionHistory();
    shared.lastAsked = this;
    return { connection, streamId: byTurns ? undefined : streamId, history: this.#history, wasIdle };
  }

  #serves(shared: SharedConnection, call: ConnectionCall, accountId: string | undefined): boolean {
    return shared.accountId === accountId && this.#connections.serves(shared, call);
  }

  #isKept(): boolean {
    if (!this.#place) return false;
    const { shared, streamId } = this.#place;
    const byTurns = this.#connections.takesTurns(shared); // also if the connection is closed: the next one goes to the same server
    if (!shared.isUsable || !this.#connections.isFit(shared)) return false;
    // What was left unread continues under this name. Where lanes take turns, the service remembers only the last one.
    if (byTurns) return shared.lastAsked === this;
    return !shared.connection.isBusy(streamId);
  }
}
