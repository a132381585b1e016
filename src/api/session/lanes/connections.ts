import { AbortedError, LimitError } from "../../../client/failure/kinds.ts";
import { SharedWork } from "../../../client/waiting/shared-work.ts";
import type { WebSocketLimits } from "../../provider.ts";
import type { WebSocketConnectOptions } from "../../responses/websocket/client.ts";
import type { ResponsesWebSocketConnection } from "../../responses/websocket/connection.ts";
import type { CallPart } from "../../service/call.ts";

/** A call that needs a connection. */
export interface ConnectionCall {
  readonly options: WebSocketConnectOptions;
  readonly part: CallPart;
  /** Of the request; undefined where none is sent. */
  readonly model?: string | undefined;
}

export interface ConnectionsOptions extends Pick<WebSocketLimits, "lanes" | "oneModel"> {
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
  /** The model of the requests on it, where a connection serves only one. */
  model: string | undefined;

  constructor(connection: ResponsesWebSocketConnection, accountId: string | undefined) {
    this.connection = connection;
    this.accountId = accountId;
  }

  get lanes(): number {
    return this.#names.size;
  }

  get isUnused(): boolean {
    return this.lanes === 0 && this.lastAsked === undefined;
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
  /** Connections that are being opened, and how many lanes wait for each. */
  readonly #openings = new Map<SharedWork<SharedConnection>, number>();
  #shared: SharedConnection[] = [];
  #isGivenUp = false;
  #isClosed = false;
  /** The server does not repeat `stream_id`, so each lane gets a connection, as long as there are enough of them. */
  #takesTurns = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#takesTurns = options.lanes === false;
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

  /** True if the connection accepts a request for this model. */
  serves(shared: SharedConnection, { model }: ConnectionCall): boolean {
    return !this.#options.oneModel || model === undefined || (shared.model ?? model) === model;
  }

  /** True if lanes can share the connection only by taking turns. */
  takesTurns({ connection }: SharedConnection): boolean {
    this.#takesTurns ||= connection.repeatsStreamIds === "no";
    return this.#takesTurns;
  }

  /**
   * Finds a place for a lane: on a connection with room, else on a new one, else on one where it has to wait.
   *
   * @param lane - The lane that wants it.
   * @param isNamed - False for the session's own conversation.
   * @throws The errors of opening a connection. {@link LimitError} No place is left on as many connections as may be opened.
   */
  async place(call: ConnectionCall, lane: object, isNamed: boolean): Promise<Place> {
    const accountId = await call.part.credentials.accountId();
    for (let opened: SharedConnection | undefined; ; opened = await this.#open(call, accountId)) {
      this.#retire(call, accountId, opened);
      const able = this.#shared.filter((shared) => this.serves(shared, call));
      const isFull = this.#shared.length >= this.#options.maxConnections;
      const roomy = able.filter((shared) => this.#hasRoom(shared, isNamed));
      const taken = this.#takeAmong(roomy, isNamed) ?? (isFull ? this.#takeAmong(able, isNamed) : undefined);
      if (taken) {
        taken.shared.lastAsked = lane;
        taken.shared.model ??= call.model;
        return { ...taken, wasIdle: taken.shared !== opened };
      }
      if (isFull) throw this.#noPlace(call);
    }
  }

  /** Closes all connections and waits until that is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#shared.splice(0).map(({ connection }) => connection.close()));
  }

  #hasRoom(shared: SharedConnection, isNamed: boolean): boolean {
    if (this.takesTurns(shared)) return shared.isUnused;
    return isNamed ? shared.lanes < FULL : !shared.connection.isBusy(undefined);
  }

  #takeAmong(all: readonly SharedConnection[], isNamed: boolean): Omit<Place, "wasIdle"> | undefined {
    for (const shared of all) {
      const streamId = isNamed ? shared.takeName() : undefined;
      if (!isNamed || streamId !== undefined) return { shared, streamId };
    }
    return undefined;
  }

  /**
   * A connection that is too old, no longer reliable or of another account or model is closed as soon as nothing runs on it; but not one that was
   * `opened` just now.
   */
  #retire(call: ConnectionCall, accountId: string | undefined, opened: SharedConnection | undefined): void {
    const isKept = (shared: SharedConnection): boolean =>
      shared === opened ||
      (shared.isUsable &&
        this.isFit(shared) &&
        shared.accountId === accountId &&
        (!shared.isUnused || this.serves(shared, call)));
    for (const shared of this.#shared) if (!isKept(shared)) shared.connection.retire();
    this.#shared = this.#shared.filter(isKept);
  }

  /** Opens a connection, once for as many callers as it has room for. */
  async #open({ options, part }: ConnectionCall, accountId: string | undefined): Promise<SharedConnection> {
    const opening = this.#openingWithRoom();
    this.#openings.set(opening, (this.#openings.get(opening) ?? 0) + 1);
    try {
      return await opening.join(options.signal, async (signal) => {
        const connection = await this.#options.connect({ options: { ...options, signal }, part });
        if (this.#isClosed) {
          connection.retire();
          throw new AbortedError(new Error("the session was closed"));
        }
        const shared = new SharedConnection(connection, accountId);
        this.#shared.push(shared);
        return shared;
      });
    } finally {
      const waiting = this.#openings.get(opening) ?? 1;
      if (waiting > 1) this.#openings.set(opening, waiting - 1);
      else this.#openings.delete(opening);
    }
  }

  /** One that is under way, or a further one where those will have no room and it may be opened. */
  #openingWithRoom(): SharedWork<SharedConnection> {
    const room = this.#takesTurns ? 1 : FULL;
    const openings = [...this.#openings];
    const [roomy] = openings.find(([, waiting]) => waiting < room) ?? [];
    const [last] = openings.at(-1) ?? [];
    const isMost = this.#shared.length + openings.length >= this.#options.maxConnections;
    return roomy ?? (isMost ? last : undefined) ?? new SharedWork();
  }

  #noPlace(call: ConnectionCall): LimitError {
    const { maxConnections } = this.#options;
    const where = maxConnections === 1 ? "the connection" : `the ${maxConnections} connections`;
    if (!this.#shared.some((shared) => this.serves(shared, call))) {
      const why = `a connection of this service serves one model, and ${where} of the session serve others than ${call.model}`;
      return limitOn("connections", maxConnections, why);
    }
    const limit = maxConnections * MOST_NAMES;
    return limitOn("open lanes", limit, `${limit} lanes are open, and the service accepts no more on ${where}`);
  }
}

function limitOn(what: "connections" | "open lanes", limit: number, why: string): LimitError {
  const unit = what === "connections" ? what : "lanes";
  return new LimitError(`${why}: close() the lanes you no longer need, or allow more connections with maxConnections`, {
    what,
    limit,
    unit,
  });
}
