import { BuildError, type ResponseItem, type ResponsesSession } from "../index.ts";

/** A session, its owner, and the history that it knows. */
export interface Conversation {
  readonly session: ResponsesSession;
  readonly owner: string;
  readonly key: string | undefined;
  /** The history of the last request. */
  history: History;
  /** How much memory it uses for that, as reported by the caller. */
  bytes: number;
}

/** The ends of a history, as JSON. The session itself checks whether it can continue. */
interface History {
  readonly length: number;
  readonly first: string | undefined;
  readonly last: string | undefined;
}

/** Which session a request needs. */
export interface Wanted {
  /** Sessions of one owner never serve another. Default: all requests have the same owner. */
  readonly owner?: string | undefined;
  /** The conversation, if the caller names it. */
  readonly key?: string | undefined;
  readonly input: readonly ResponseItem[];
  /** Size of the history, in bytes of its text. Default 0: not counted. */
  readonly bytes?: number | undefined;
  readonly open: () => ResponsesSession;
}

export interface SessionPoolOptions {
  /** How many idle sessions are kept, the most recently used. */
  readonly maxIdle: number;
  /** The most sessions at a time. Default: no limit. */
  readonly maxOpen?: number | undefined;
}

/**
 * Sessions for callers that do not manage them: each request contains its whole history, and any conversation may come next. Only a session
 * that saw the beginning of a history can send only what is new. So a request goes to the idle session whose last history it continues,
 * else to one with the same key, else to a new one. A session serves one request at a time.
 */
export class SessionPool {
  readonly #options: SessionPoolOptions;
  readonly #idle: Conversation[] = []; // the most recently used one is the last
  readonly #busy = new Set<Conversation>();
  #isClosed = false;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
  }

  /** Undefined if the most sessions are in use. Return the session with `giveBack`. */
  take({ owner = "", key, input, bytes = 0, open }: Wanted): Conversation | undefined {
    const isOwn = (conversation: Conversation) => conversation.owner === owner && conversation.key === key;
    const written = new WrittenInput(input);
    let at = this.#idle.findLastIndex((each) => isOwn(each) && written.continues(each.history));
    if (at === -1 && key !== undefined) at = this.#idle.findLastIndex(isOwn); // its history was rewritten, but the connection can be reused
    let conversation = at === -1 ? undefined : this.#idle.splice(at, 1)[0];
    if (!conversation) {
      if (!this.#hasRoom()) return undefined;
      conversation = { session: open(), owner, key, history: written.history, bytes };
    }
    conversation.history = written.history;
    conversation.bytes = bytes;
    this.#busy.add(conversation);
    return conversation;
  }

  /** @param isSpent - The session is not worth keeping. */
  giveBack(conversation: Conversation, isSpent = false): void {
    if (!this.#busy.delete(conversation)) return;
    if (isSpent || this.#isClosed) void conversation.session.close();
    else this.#idle.push(conversation);
    this.#closeIdle(this.#idle.length - this.#options.maxIdle);
  }

  /** Memory of idle sessions, in bytes. */
  get idleBytes(): number {
    return this.#idle.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Closes idle sessions, the least recently used first, until this many bytes are freed. */
  giveUp(bytes: number): void {
    let count = 0;
    for (let left = bytes; left > 0 && count < this.#idle.length; count += 1) left -= this.#idle[count]?.bytes ?? 0;
    this.#closeIdle(count);
  }

  /** Closes all sessions, and what runs on them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(all.map(({ session }) => session.close()));
  }

  #hasRoom(): boolean {
    const { maxOpen = Number.POSITIVE_INFINITY } = this.#options;
    this.#closeIdle(this.#idle.length + this.#busy.size + 1 - maxOpen);
    return this.#busy.size < maxOpen;
  }

  #closeIdle(count: number): void {
    if (count <= 0) return;
    for (const { session } of this.#idle.splice(0, count)) void session.close();
  }
}

/** The items of a request as JSON, each serialized once however many histories it is compared with. */
class WrittenInput {
  readonly #input: readonly ResponseItem[];
  readonly #written = new Map<number, string>();

  constructor(input: readonly ResponseItem[]) {
    this.#input = input;
  }

  get history(): History {
    const { length } = this.#input;
    return { length, first: this.#at(0), last: this.#at(length - 1) };
  }

  continues({ length, first, last }: History): boolean {
    if (length === 0 || this.#input.length < length) return false;
    return this.#at(length - 1) === last && this.#at(0) === first;
  }

  #at(index: number): string | undefined {
    const known = this.#written.get(index);
    if (known !== undefined || index < 0 || index >= this.#input.length) return known;
    const text = written(this.#input[index]);
    this.#written.set(index, text);
    return text;
  }
}

/** @throws {@link BuildError} It cannot be written as JSON, so it cannot be part of a request. */
function written(item: ResponseItem | undefined): string {
  try {
    return JSON.stringify(item);
  } catch (cause) {
    throw new BuildError(`an item of the input cannot be written as JSON: ${String(cause)}`, { cause });
  }
}
