import { AbortedError } from "../../../client/failure/kinds.ts";
import type { ResponsesWebSocketConnection } from "../../responses/websocket/connection.ts";
import type { LaneName } from "../../responses/websocket/turns.ts";
import { ConnectionHistory } from "../history/history.ts";
import type { ConnectionCall, Occupant, Place, SessionConnections } from "./connections.ts";
import type { SharedConnection } from "./shared-connection.ts";

/** A connection for one request of a lane, and what it knows of the lane's conversation. */
export interface Lease {
  readonly connection: ResponsesWebSocketConnection;
  readonly streamId: string | undefined;
  readonly history: ConnectionHistory;
  /** True if it was not opened for this request. */
  readonly wasIdle: boolean;
}

/** One lane's place on the session's connections. It lasts over requests and turns. */
export class LaneSlot implements Occupant {
  readonly isNamed: boolean;
  readonly #connections: SessionConnections;
  #place: Place | undefined;
  #hasAsked = false;
  #history = new ConnectionHistory();

  constructor(connections: SessionConnections, { isNamed }: Occupant) {
    this.#connections = connections;
    this.isNamed = isNamed;
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
   * `SessionConnections.place` does. {@link AbortedError} The signal fired.
   */
  async obtain(call: ConnectionCall): Promise<Lease> {
    const accountId = await call.scope.credentials.accountId(call.options.signal);
    if (this.#place && this.#isKept() && this.#serves(this.#place.shared, call, accountId)) {
      this.#place.shared.model ??= call.model; // it may have been opened without a request
      return this.#lease(this.#place, true);
    }
    this.release();
    const place = await this.#connections.place(call, this);
    this.#place = place;
    const { signal } = call.options;
    if (!signal?.aborted) return this.#lease(place, place.wasIdle);
    this.release(); // the lane may be closed, and then nobody else would
    throw new AbortedError(signal.reason);
  }

  /** A request of the lane is being sent. */
  asked(): void {
    this.#hasAsked = true;
  }

  /** A place for another lane that knows what this one knows, on the same connection if that has a free name. */
  fork(): LaneSlot {
    const fork = new LaneSlot(this.#connections, { isNamed: true });
    const shared = this.#isKept() ? this.#place?.shared : undefined;
    const streamId = shared && this.#connections.takeName(shared, fork);
    if (shared === undefined || streamId === undefined) return fork;
    fork.#place = { shared, streamId, wasIdle: true };
    fork.#history = this.#history.fork();
    return fork;
  }

  /** Frees the place; its name can be reused. */
  release(): void {
    this.#place?.shared.giveBack(this.#place.streamId, this);
    this.#place = undefined;
    this.#history = new ConnectionHistory();
  }

  /** The server refuses the lane's name, as one more than it accepts: the next request gets another place. */
  refused(): void {
    if (this.#place?.streamId !== undefined) this.#connections.refused(this.#place.shared, this.#place.streamId);
    this.release();
  }

  #lease(place: Place, wasIdle: boolean): Lease {
    const { shared } = place;
    const streamId = this.#nameOn(place);
    shared.use(streamId, this);
    return { connection: shared.connection, streamId, history: this.#history, wasIdle };
  }

  /** The `stream_id` of a request. */
  #nameOn({ shared, streamId }: Place): LaneName {
    return this.#connections.takesTurns(shared) ? undefined : streamId;
  }

  #serves(shared: SharedConnection, call: ConnectionCall, accountId: string | undefined): boolean {
    return shared.accountId === accountId && this.#connections.serves(shared, call);
  }

  #isKept(): boolean {
    if (!this.#place) return false;
    const { shared } = this.#place;
    const streamId = this.#nameOn(this.#place); // also if the connection is closed: the next one goes to the same server
    if (!shared.isUsable || !this.#connections.isFit(shared)) return false;
    // Where lanes take turns, the service remembers only the last one. What was left unread continues under its name.
    const isOnlyPlace = this.#connections.takesTurns(shared);
    return shared.isLast(streamId, this) && (isOnlyPlace || !shared.connection.isBusy(streamId));
  }
}
