import { AbortedError, LimitError } from "../../../client/failure/kinds.ts";
import { SharedWork } from "../../../client/waiting/shared-work.ts";
import type { WebSocketLimits } from "../../provider.ts";
import type { ResponsesWebSocketConnection } from "../../responses/websocket/connection.ts";
import type { WebSocketConnectOptions } from "../../responses/websocket/options.ts";
import { MOST_IN_FLIGHT, MOST_NAMES } from "../../responses/websocket/traffic.ts";
import type { CallScope } from "../../service/call.ts";
import { SharedConnection } from "./shared-connection.ts";

/** A call that needs a connection. */
export interface ConnectionCall {
  readonly options: WebSocketConnectOptions;
  readonly scope: CallScope;
  /** The model of its request; undefined if it sends none. */
  readonly model?: string | undefined;
}

export interface SessionConnectionsOptions extends Pick<WebSocketLimits, "lanes" | "oneModel"> {
  readonly connect: (call: ConnectionCall) => Promise<ResponsesWebSocketConnection>;
  readonly maxAgeMs: number;
  readonly maxConnections: number;
}

/** Who has a place on a connection: a lane, or the session's own conversation. */
export interface Occupant {
  /** False for the session's own conversation, which has no `stream_id`. */
  readonly isNamed: boolean;
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
  readonly #options: SessionConnectionsOptions;
  /** Connections that are being opened, and how many lanes wait for each. */
  readonly #openings = new Map<SharedWork<SharedConnection>, number>();
  #shared: SharedConnection[] = [];
  #isGivenUp = false;
  #isClosed = false;
  /** The server does not repeat `stream_id`, so each lane gets a connection, as long as there are enough of them. */
  #takesTurns = false;
  /** How many names the server accepts on a connection: as many as the service, or fewer. */
  #mostNames = MOST_NAMES;

  constructor(options: SessionConnectionsOptions) {
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

  /** A name for a lane on this connection, if one is free. */
  takeName(shared: SharedConnection, lane: Occupant): string | undefined {
    return this.takesTurns(shared) ? undefined : shared.takeName(lane, this.#mostNames);
  }

  /** The server accepts fewer names than it was given. If it accepts none, lanes do without. */
  refused(shared: SharedConnection, name: string): void {
    this.#mostNames = Math.min(this.#mostNames, shared.refuse(name));
    this.#takesTurns ||= this.#mostNames === 0;
  }

  /**
   * Finds a place for a lane: on a connection with room, else on a new one, else on one where it has to wait. If the server accepts fewer
   * names than there are lanes, lanes share names by taking turns.
   *
   * @throws The errors of opening a connection. {@link LimitError} No place is left on as many connections as may be opened.
   */
  async place(call: ConnectionCall, lane: Occupant): Promise<Place> {
    const accountId = await call.scope.credentials.accountId(call.options.signal);
    for (let opened: SharedConnection | undefined; ; opened = await this.#open(call, accountId)) {
      this.#retire(call, accountId, opened);
      const able = this.#shared.filter((shared) => this.serves(shared, call));
      const isFull = this.#shared.length >= this.#options.maxConnections;
      const roomy = able.filter((shared) => this.#hasRoom(shared, lane));
      const taken =
        this.#takeAmong(roomy, lane) ??
        (isFull ? (this.#takeAmong(able, lane) ?? this.#shareAmong(able, lane)) : undefined);
      if (taken) {
        if (!lane.isNamed) taken.shared.use(undefined, lane);
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

  /** A connection that runs as many responses as it can at a time is full: a further one is opened. */
  #hasRoom(shared: SharedConnection, { isNamed }: Occupant): boolean {
    if (this.takesTurns(shared)) return shared.isUnused;
    return isNamed ? shared.lanes < MOST_IN_FLIGHT : !shared.connection.isBusy(undefined);
  }

  #takeAmong(all: readonly SharedConnection[], lane: Occupant): Omit<Place, "wasIdle"> | undefined {
    for (const shared of all) {
      const streamId = lane.isNamed
        ? shared.takeName(lane, this.#takesTurns ? MOST_NAMES : this.#mostNames)
        : undefined;
      if (!lane.isNamed || streamId !== undefined) return { shared, streamId };
    }
    return undefined;
  }

  #shareAmong(all: readonly SharedConnection[], lane: Occupant): Omit<Place, "wasIdle"> | undefined {
    if (this.#mostNames === MOST_NAMES) return undefined;
    const [shared] = [...all].sort((left, right) => left.lanes - right.lanes);
    const streamId = shared?.shareName(lane);
    return shared && streamId !== undefined ? { shared, streamId } : undefined;
  }

  /**
   * A connection that is too old, no longer reliable or of another account or model is closed as soon as nothing runs on it. Of one that was
   * `opened` just now only the account counts: the call may have joined another call that opened it.
   */
  #retire(call: ConnectionCall, accountId: string | undefined, opened: SharedConnection | undefined): void {
    const isKept = (shared: SharedConnection): boolean =>
      shared.accountId === accountId &&
      (shared === opened || (shared.isUsable && this.isFit(shared) && (!shared.isUnused || this.serves(shared, call))));
    for (const shared of this.#shared) if (!isKept(shared)) shared.connection.retire();
    this.#shared = this.#shared.filter(isKept);
  }

  /** Opens a connection, once for as many callers as it has room for. */
  async #open({ options, scope }: ConnectionCall, accountId: string | undefined): Promise<SharedConnection> {
    const opening = this.#openingWithRoom();
    this.#openings.set(opening, (this.#openings.get(opening) ?? 0) + 1);
    try {
      return await opening.join(options.signal, async (signal) => {
        const connection = await this.#options.connect({ options: { ...options, signal }, scope });
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
    const room = this.#takesTurns ? 1 : Math.min(MOST_IN_FLIGHT, this.#mostNames);
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
