import type { ResponsesWebSocketConnection } from "../../responses/websocket/connection.ts";
import type { LaneName } from "../../responses/websocket/turns.ts";

/** A connection, and the lanes that have a place on it. */
export class SharedConnection {
  readonly connection: ResponsesWebSocketConnection;
  /** The account of the credentials in the connection's handshake. */
  readonly accountId: string | undefined;
  /** The model of the requests on it, where a connection serves only one. */
  model: string | undefined;
  /** The names given to lanes so far, and how many lanes have each now. The server never forgets a name, so names are used again. */
  readonly #names = new Map<string, number>();
  #numbered = 0;
  #lanes = 0;
  /** The lane that was the last to get a name, or the connection itself: only its conversation is still known there. */
  readonly #last = new Map<LaneName, object>();

  constructor(connection: ResponsesWebSocketConnection, accountId: string | undefined) {
    this.connection = connection;
    this.accountId = accountId;
  }

  /** Number of lanes that have a name. */
  get lanes(): number {
    return this.#lanes;
  }

  get isUnused(): boolean {
    return this.lanes === 0 && this.#last.size === 0;
  }

  get isUsable(): boolean {
    return !this.connection.isClosed && !this.connection.isDoubtful;
  }

  /** True if no other lane has used this name since `lane` did. */
  isLast(name: LaneName, lane: object): boolean {
    return this.#last.get(name) === lane;
  }

  /** The lane's conversation is the one that is known under this name from now on. */
  use(name: LaneName, lane: object): void {
    this.#last.set(name, lane);
  }

  /** A name that no lane has and on which nothing runs any more. Undefined if there is none, and `most` are in use. */
  takeName(lane: object, most: number): string | undefined {
    for (const [name, lanes] of this.#names)
      if (lanes === 0 && !this.connection.isBusy(name)) return this.#take(name, lane);
    if (this.#names.size >= most) return undefined;
    this.#numbered += 1;
    return this.#take(`lane-${this.#numbered}`, lane);
  }

  /** A name that other lanes have, too: if possible one on which nothing runs, and the one that the fewest have. */
  shareName(lane: object): string | undefined {
    const load = (name: string): number => (this.connection.isBusy(name) ? BUSY : 0) + (this.#names.get(name) ?? 0);
    const [name] = [...this.#names.keys()].sort((left, right) => load(left) - load(right));
    return name === undefined ? undefined : this.#take(name, lane);
  }

  giveBack(name: LaneName, lane: object): void {
    const lanes = name === undefined ? undefined : this.#names.get(name);
    if (name !== undefined && lanes !== undefined) {
      this.#names.set(name, lanes - 1);
      this.#lanes -= 1;
    }
    for (const each of [name, undefined]) if (this.isLast(each, lane)) this.#last.delete(each);
  }

  /** The server refuses this name. @returns How many it accepts. */
  refuse(name: string): number {
    this.#lanes -= this.#names.get(name) ?? 0;
    this.#names.delete(name);
    this.#last.delete(name);
    return this.#names.size;
  }

  #take(name: string, lane: object): string {
    this.#names.set(name, (this.#names.get(name) ?? 0) + 1);
    this.#lanes += 1;
    this.use(name, lane);
    return name;
  }
}

/** Weighs more than all lanes that a session has open on a name. */
const BUSY = 1_000_000;
