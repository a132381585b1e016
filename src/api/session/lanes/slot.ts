import type { ResponsesWebSocketConnection } from "../../responses/websocket/connection.ts";
import { ConnectionHistory } from "../incremental.ts";
import type { ConnectionCall, Place, SessionConnections } from "./connections.ts";

/** A connection for one request of a lane, and what it knows of the lane's conversation. */
export interface Lease {
  readonly connection: ResponsesWebSocketConnection;
  readonly streamId: string | undefined;
  readonly history: ConnectionHistory;
  /** It was not opened for this request. */
  readonly wasIdle: boolean;
}

/** The place of one lane among the session's connections, from request to request and from turn to turn. */
export class LaneSlot {
  readonly #connections: SessionConnections;
  readonly #isNamed: boolean;
  #place: Place | undefined;
  #hasAsked = false;
  #history = new ConnectionHistory();

  /** @param isNamed - False for the session's own conversation, which goes without a name. */
  constructor(connections: SessionConnections, isNamed: boolean) {
    this.#connections = connections;
    this.#isNamed = isNamed;
  }

  /** No request of the lane has had a place. */
  get isNew(): boolean {
    return !this.#hasAsked;
  }

  /** The session uses WebSockets no more. */
  get isGivenUp(): boolean {
    return this.#connections.isGivenUp;
  }

  giveUp(): void {
    this.#connections.giveUp();
  }

  /** What a request would be compared with; undefined when it needs another connection. */
  get history(): ConnectionHistory | undefined {
    return this.#isKept() ? this.#history : undefined;
  }

  /** The largest message that the connection's server takes, in bytes, where it says so. */
  get maxMessageBytes(): number | undefined {
    return this.#place?.shared.connection.maxMessageBytes;
  }

  /** The connection of the last request, if it is fit for another one of the same account, else another. Throws as `SessionConnections.place` does. */
  async obtain(call: ConnectionCall): Promise<Lease> {
    const accountId = await call.part.credentials.accountId();
    if (this.#place && this.#isKept() && this.#place.shared.accountId === accountId)
      return this.#lease(this.#place, true);
    this.release();
    const place = await this.#connections.place(call, this.#isNamed);
    this.#place = place;
    return this.#lease(place, place.wasIdle);
  }

  /** A request of the lane goes out. */
  asked(): void {
    this.#hasAsked = true;
  }

  /** Another lane that knows what this one knows, on the same connection, where that has a name for it. */
  fork(): LaneSlot {
    const fork = new LaneSlot(this.#connections, true);
    const shared = this.#isKept() ? this.#place?.shared : undefined;
    const streamId = shared && !this.#connections.takesTurns(shared) ? shared.takeName() : undefined;
    if (shared === undefined || streamId === undefined) return fork;
    fork.#place = { shared, streamId, wasIdle: true };
    fork.#history = this.#history.fork();
    return fork;
  }

  /** Gives the place up; its name is the next one's. */
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

  #isKept(): boolean {
    if (!this.#place) return false;
    const { shared, streamId } = this.#place;
    const byTurns = this.#connections.takesTurns(shared); // also of one that is closed: the next is no other
    if (!shared.isUsable || !this.#connections.isFit(shared)) return false;
    // What was left unread runs on under this name; and where lanes take turns, only who asked last is remembered.
    if (byTurns) return shared.lastAsked === this;
    return !shared.connection.isBusy(streamId);
  }
}
