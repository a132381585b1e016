import type {
  CompletedEvent,
  IncompleteEvent,
  ResponseEvent,
  ResponseItem,
  ResponseStream,
  ResponsesRequest,
  SessionCallOptions,
} from "../index.ts";
import { type Line, type LineOptions, openLine } from "./line.ts";
import { type Conversation, SessionPool } from "./session-pool.ts";

/** A request as a framework makes it: always with the whole history, as items. */
export type WholeRequest = ResponsesRequest & { readonly input: readonly ResponseItem[] };

const MAX_IDLE = 8;

const KNOWN = new WeakMap<LineOptions, Conversations>();
const DEFAULT_LINE: LineOptions = {};

/**
 * The conversations of one service. Frameworks create model objects often, sometimes one per call, so the conversations are kept outside of
 * them.
 */
export function conversationsOf(line: LineOptions = DEFAULT_LINE): Conversations {
  const known = KNOWN.get(line);
  if (known) return known;
  const conversations = new Conversations(line);
  KNOWN.set(line, conversations);
  return conversations;
}

/** Closes the connections of a service and what runs on them; later callers get new ones. */
export async function closeConversations(line: LineOptions = DEFAULT_LINE): Promise<void> {
  const known = KNOWN.get(line);
  KNOWN.delete(line);
  await known?.close();
}

/** The sessions of one service with one set of credentials; the eight most recently used idle ones are kept. */
export class Conversations {
  readonly #line: Line;
  readonly #pool = new SessionPool({ maxIdle: MAX_IDLE });

  constructor(options: LineOptions) {
    this.#line = openLine(options);
  }

  /** Sends a request. Read the result to its end, or leave it. @throws The errors of `ResponsesSession.stream`. */
  async ask(request: WholeRequest, options: SessionCallOptions): Promise<Answer> {
    const conversation = this.#pool.take({ input: request.input, open: () => this.#line.open() }) as Conversation;
    const giveBack = (): void => this.#pool.giveBack(conversation);
    try {
      const stream = await conversation.session.stream(request, { incomplete: "end", ...options });
      return new Answer(stream, giveBack);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Closes all connections and what runs on them. */
  async close(): Promise<void> {
    await this.#pool.close();
    await this.#line.close();
  }
}

/** All of an answer. */
export interface WholeAnswer {
  readonly items: readonly ResponseItem[];
  /** The model that answered, if the service reports it. */
  readonly model?: string;
  readonly end?: CompletedEvent | IncompleteEvent;
}

/** One answer: its events, readable once, or all of it. Frees its session when it ends. */
export class Answer implements AsyncIterableIterator<ResponseEvent, undefined> {
  readonly #stream: ResponseStream;
  readonly #free: () => void;
  #events: AsyncIterator<ResponseEvent, undefined> | undefined;

  constructor(stream: ResponseStream, free: () => void) {
    this.#stream = stream;
    this.#free = free;
  }

  get headers(): Record<string, string> {
    return { ...this.#stream.headers };
  }

  get requestId(): string | undefined {
    return this.#stream.requestId;
  }

  /** Reads to the end. @throws The errors of {@link next}. */
  async whole(): Promise<WholeAnswer> {
    const items: ResponseItem[] = [];
    const told: { -readonly [Field in keyof WholeAnswer]: WholeAnswer[Field] } = { items };
    for (let step = await this.next(); !step.done; step = await this.next()) {
      const event = step.value;
      if (event.type === "output_item.done") items.push(event.item);
      else if (event.type === "restarted") items.length = event.keptItems;
      else if (event.type === "server_model") told.model = event.model;
      else if (event.type === "completed" || event.type === "incomplete") told.end = event;
    }
    return told;
  }

  async next(): Promise<IteratorResult<ResponseEvent, undefined>> {
    try {
      this.#events ??= this.#stream[Symbol.asyncIterator]();
      const step = await this.#events.next();
      if (step.done) this.#free();
      return step;
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<ResponseEvent, undefined>> {
    try {
      this.#events ??= this.#stream[Symbol.asyncIterator]();
      await this.#events.return?.();
    } finally {
      this.#free();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
