import {
  CodexApiError,
  type CompletedEvent,
  END_UNCONFIRMED,
  type IncompleteEvent,
  type ResponseEvent,
  type ResponseItem,
  type ResponseStream,
  type ResponsesRequest,
  type SessionCallOptions,
} from "../index.ts";
import { type Line, type LineOptions, openLine } from "./line.ts";
import { type Conversation, SessionPool } from "./session-pool.ts";

/** A request as a framework makes it: always with the whole history, as items. */
export type WholeRequest = ResponsesRequest & { readonly input: readonly ResponseItem[] };

export interface AskOptions extends SessionCallOptions {
  /** The events are delivered to the program as they arrive, and cannot be withdrawn. */
  readonly isShown: boolean;
}

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
  async ask(request: WholeRequest, { isShown, ...options }: AskOptions): Promise<Answer> {
    const conversation = this.#pool.take({ input: request.input, open: () => this.#line.open() }) as Conversation;
    const giveBack = (): void => this.#pool.giveBack(conversation);
    try {
      const stream = await conversation.session.stream(request, { incomplete: "end", ...options });
      return new Answer(stream, { isShown, free: giveBack });
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
export interface AnswerContent {
  readonly items: readonly ResponseItem[];
  /** The model that answered, if the service reports it. */
  readonly model?: string;
  readonly end?: CompletedEvent | IncompleteEvent;
}

/**
 * One answer: its events, readable once, or all of it. Frees its session when it ends.
 *
 * A framework can neither withdraw what it has delivered nor find an answer in an error. So if a stream breaks after a finished answer, or
 * after finished calls that were delivered, the answer ends there with an `incomplete` event ({@link END_UNCONFIRMED}), and the request is
 * not sent again.
 */
export class Answer implements AsyncIterableIterator<ResponseEvent, undefined> {
  readonly #stream: ResponseStream;
  readonly #isShown: boolean;
  readonly #free: () => void;
  #events: AsyncIterator<ResponseEvent, undefined> | undefined;
  /** Number of items that have begun; those that are finished are in `#finished`. */
  #begun = 0;
  readonly #finished: ResponseItem[] = [];
  #responseId: string | undefined;

  constructor(stream: ResponseStream, { isShown, free }: { readonly isShown: boolean; readonly free: () => void }) {
    this.#stream = stream;
    this.#isShown = isShown;
    this.#free = free;
  }

  get headers(): Record<string, string> {
    return { ...this.#stream.headers };
  }

  get requestId(): string | undefined {
    return this.#stream.requestId;
  }

  /** Reads to the end. @throws The errors of {@link next}. */
  async whole(): Promise<AnswerContent> {
    const items: ResponseItem[] = [];
    const told: { -readonly [Field in keyof AnswerContent]: AnswerContent[Field] } = { items };
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
      else if (this.#endsAt(step.value)) {
        await this.return();
        return { done: false, value: this.#unconfirmedEnd() };
      }
      return step;
    } catch (error) {
      this.#free();
      if (!CodexApiError.is(error) || !("code" in error) || error.code !== END_UNCONFIRMED) throw error;
      return { done: false, value: this.#unconfirmedEnd() };
    }
  }

  /** True if the answer would be started again here, and what was delivered is complete in itself. */
  #endsAt(event: ResponseEvent): boolean {
    if (event.type === "created") this.#responseId = event.responseId;
    else if (event.type === "output_item.added") this.#begun += 1;
    else if (event.type === "output_item.done") this.#finished.push(event.item);
    else if (event.type === "restarted") {
      const isWhole = this.#finished.length >= this.#begun && this.#finished.slice(event.keptItems).some(isCall);
      if (this.#isShown && isWhole) return true;
      this.#finished.length = Math.min(event.keptItems, this.#finished.length);
      this.#begun = this.#finished.length;
    }
    return false;
  }

  #unconfirmedEnd(): IncompleteEvent {
    const responseId = this.#responseId;
    return { type: "incomplete", reason: END_UNCONFIRMED, ...(responseId === undefined ? {} : { responseId }) };
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

/** A call that the program is to run. */
function isCall({ type }: ResponseItem): boolean {
  return type === "function_call" || type === "custom_tool_call";
}
