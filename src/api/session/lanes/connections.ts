import { AbortedError, LimitError } from "../../../client/failure/kinds.ts";
import { SharedWork } from "../../../client/waiting/shared-work.ts";
import type { WebSocketConnectOptions } from "../../responses/websocket/client.ts";
import type { ResponsesWebSocketConnection } from "../../responses/websocket/connection.ts";
import type { CallPart } from "../../service/call.ts";

/** A call that needs a connection. */
export interface ConnectionCall {
  readonly options: WebSocketConnectOptions;
  readonly part: CallPart;
}

export interface ConnectionsOptions {
  readonly connect: (call: ConnectionCall) => Promise<ResponsesWebSocketConnection>;
  readonly maxAgeMs: number;
  readonly maxConnections: number;
}

/** Named lanes that the service accepts on a connection. It never forgets a name, so names are reused. */
const MOST_NAMES = 32;
/** From this many lanes on, a further connection is opened: the service runs this many responses on one connection at a time. */
const FULL = 16;

/** A connection, and the lanes that have a place on it. */
export class SharedConnection {
  readonly connection: ResponsesWebSocketConnection;
  /** The account of the credentials in the connection's handshake. */
  readonly accountId: string | undefined;
  /** Names in use. */
  readonly #names = new Set<string>();
  /** The lane that sent the last request, where lanes take turns: only its conversation is still known on the connection. */
  lastAsked: object | undefined;

  constructor(connection: ResponsesWebSocketConnection, accountId: string | undefined) {
    this.connection = connection;
    this.accountId = accountId;
  }

  get lanes(): number {
    return this.#names.size;
  }

  get isUsable(): boolean {
    return !this.connection.isClosed && !this.connection.isDoubtful;
  }

  /** A free name on which nothing runs any more; undefined if there is none. */
  takeName(): string | undefined {
    for (let number = 1; number <= MOST_NAMES; number += 1) {
      const name = `lane-${number}`;
      if (this.#names.has(name) || this.connection.isBusy(name)) continue;
      this.#names.add(name);
      return name;
    }
    return undefined;
  }

  giveBack(name: string): void {
    this.#names.delete(name);
  }
}

/** A lane's place on a connection. */
export interface Place {
  readonly shared: SharedConnection;
  /** Undefined for the session's own conversation, which has no `stream_id`. */
  readonly streamId: string | undefined;
  /** True if the connection was already open. */
  readonly wasIdle: boolean;
}

/** The WebSockets of a session, shared by its lanes. One is used as long as it is enough. */
export class SessionConnections {
  readonly #options: ConnectionsOptions;
  readonly #opening = new SharedWork<SharedConnection>();
  #shared: SharedConnection[] = [];
  #isGivenUp = false;
  #isClosed = false;
  /** The server does not repeat `stream_id`, so each lane gets a connection, as long as there are enough of them. */
  #takesTurns = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Everything goes over HTTP. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** True if a place on it can serve another request. */
  isFit({ connection }: SharedConnection): boolean {
    return !connection.isClosed && performance.now() - connection.openedAt < this.#options.maxAgeMs;
  }

  /** True if lanes can share the connection only by taking turns. */
  takesTurns({ connection }: SharedConnection): boolean {
    this.#takesTurns ||= connection.repeatsStreamIds === "no";
    return this.#takesTurns;
  }

  /**
   * Finds a place for a lane: on a connection with room, else on a new one, else on one where it has to wait.
   *
   * @param isNamed - False for the session's own conversation.
   * @throws The errors of opening a connection. {@link LimitError} All names are in use, on as many connections as may be opened.
   */
  async place(call: ConnectionCall, isNamed: boolean): Promise<Place> {
    const accountId = await call.part.credentials.accountId();
    for (;;) {
      this.#retire(accountId);
      const roomy = this.#shared.filter((shared) => this.#hasRoom(shared, isNamed));
      const place = this.#placeAmong(roomy, isNamed) ?? (await this.#placeOnNew(call, accountId, isNamed));
      if (place) return place;
      if (this.#shared.length < this.#options.maxConnections) continue; // other lanes took the room
      const crowded = this.#placeAmong(this.#shared, isNamed);
      if (crowded) return crowded;
      throw this.#tooManyLanes();
    }
  }

  /** Closes all connections and waits until that is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#shared.splice(0).map(({ connection }) => connection.close()));
  }

  #hasRoom(shared: SharedConnection, isNamed: boolean): boolean {
    if (!isNamed) return !shared.connection.isBusy(undefined);
    return this.takesTurns(shared) ? shared.lanes === 0 && shared.lastAsked === undefined : shared.lanes < FULL;
  }

  #placeAmong(all: readonly SharedConnection[], isNamed: boolean, wasIdle = true): Place | undefined {
    for (const shared of all) {
      const streamId = isNamed ? shared.takeName() : undefined;
      if (!isNamed || streamId !== undefined) return { shared, streamId, wasIdle };
    }
    return undefined;
  }

  /** Undefined if no further connection may be opened, or if other waiting lanes took the room on it. */
  async #placeOnNew(call: ConnectionCall, accountId: string | undefined, isNamed: boolean): Promise<Place | undefined> {
    if (this.#shared.length >= this.#options.maxConnections) return undefined;
    const opened = await this.#open(call, accountId);
    return this.#hasRoom(opened, isNamed) ? this.#placeAmong([opened], isNamed, false) : undefined;
  }

  /** A connection that is too old, no longer reliable or of another account is closed as soon as nothing runs on it. */
  #retire(accountId: string | undefined): void {
    const isKept = (shared: SharedConnection): boolean =>
      shared.isUsable && this.isFit(shared) && shared.accountId === accountId;
    for (const shared of this.#shared) if (!isKept(shared)) shared.connection.retire();
    this.#shared = this.#shared.filter(isKept);
  }

  /** Opens a connection, once for all callers that wait for one. */
  async #open({ options, part }: ConnectionCall, accountId: string | undefined): Promise<SharedConnection> {
    return this.#opening.join(options.signal, async (signal) => {
      const connection = await this.#options.connect({ options: { ...options, signal }, part });
      if (this.#isClosed) {
        connection.retire();
        throw new AbortedError(new Error("the session was closed"));
      }
      const shared = new SharedConnection(connection, accountId);
      this.#shared.push(shared);
      return shared;
    });
  }

  #tooManyLanes(): LimitError {
    const limit = this.#options.maxConnections * MOST_NAMES;
    return new LimitError(
      `${limit} lanes are open, and the service accepts no more on ${this.#options.maxConnections === 1 ? "a connection" : `${this.#options.maxConnections} connections`}: close() the lanes you no longer need, or allow more connections with maxConnections`,
      { what: "open lanes", limit, unit: "lanes" },
    );
  }
}
