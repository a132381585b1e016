import type {
  CompletedEvent,
  IncompleteEvent,
  ResponseEvent,
  ResponseItem,
  ResponseStream,
  ResponsesRequest,
  ResponsesSession,
  SessionCallOptions,
} from "../index.ts";
import { type Line, type LineOptions, openLine } from "./line.ts";

/** A request as a framework makes it: the whole history every time, as items. */
export type WholeRequest = ResponsesRequest & { readonly input: readonly ResponseItem[] };

/** A session and the history that it knows. */
interface Conversation {
  readonly session: ResponsesSession;
  input: readonly ResponseItem[];
  /** Ids of the calls that it answered with, by `call_id`: some frameworks lose an item's id, and with it the beginning that the service knows. */
  readonly callIds: Map<string, string>;
}

const MAX_IDLE = 8;

const KNOWN = new WeakMap<LineOptions, Conversations>();
const DEFAULT_LINE: LineOptions = {};

/** The conversations over one line: model objects come and go, often one a call, and what they know must not go with them. */
export function conversationsOf(line: LineOptions = DEFAULT_LINE): Conversations {
  const known = KNOWN.get(line);
  if (known) return known;
  const conversations = new Conversations(line);
  KNOWN.set(line, conversations);
  return conversations;
}

/** Ends every connection of a line, and what runs on it; who asks for its conversations after that gets new ones. */
export async function closeConversations(line: LineOptions = DEFAULT_LINE): Promise<void> {
  const known = KNOWN.get(line);
  KNOWN.delete(line);
  await known?.close();
}

/**
 * Sessions for callers who have no notion of them. A framework asks a model object for one answer after another, of any conversation, with the whole
 * history each time; only a session that saw the beginning of a history can send what is new of it alone. So a request goes to the idle session whose
 * last history it continues, else to a new one. A session serves one request at a time; of the idle ones the eight that were used last are kept.
 */
export class Conversations {
  readonly #line: Line;
  readonly #idle: Conversation[] = []; // the one used last is last
  readonly #busy = new Set<Conversation>();
  #isClosed = false;

  constructor(options: LineOptions) {
    this.#line = openLine(options);
  }

  /** Sends a request. What it returns must be read to its end, or left. @throws What `ResponsesSession.stream` throws. */
  async ask(request: WholeRequest, options: SessionCallOptions): Promise<Answer> {
    const conversation = this.#take(request.input);
    try {
      const input = request.input.map((item) => withId(item, conversation.callIds));
      const stream = await conversation.session.stream({ ...request, input }, { incomplete: "end", ...options });
      return new Answer(stream, conversation.callIds, () => this.#giveBack(conversation));
    } catch (error) {
      this.#giveBack(conversation);
      throw error;
    }
  }

  /** Ends every connection, and what runs on it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(all.map(({ session }) => session.close()));
    await this.#line.close();
  }

  #take(input: readonly ResponseItem[]): Conversation {
    const at = this.#idle.findLastIndex((conversation) => continues(input, conversation.input));
    const conversation =
      at === -1
        ? { session: this.#line.open(), input, callIds: new Map() }
        : (this.#idle.splice(at, 1)[0] as Conversation);
    conversation.input = input;
    this.#busy.add(conversation);
    return conversation;
  }

  #giveBack(conversation: Conversation): void {
    if (!this.#busy.delete(conversation)) return;
    this.#idle.push(conversation);
    const surplus = this.#isClosed ? this.#idle.splice(0) : this.#idle.splice(0, this.#idle.length - MAX_IDLE);
    for (const { session } of surplus) void session.close();
  }
}

/** Whether the session can go on is its own to find out; here the ends of what it knows are looked at. */
function continues(input: readonly ResponseItem[], known: readonly ResponseItem[]): boolean {
  const last = known.length - 1;
  if (last < 0 || input.length <= last) return false;
  return isSame(input[last], known[last]) && isSame(input[0], known[0]);
}

function withId(item: ResponseItem, callIds: ReadonlyMap<string, string>): ResponseItem {
  const type: string = item.type;
  if (type !== "function_call" && type !== "custom_tool_call") return item;
  const { id, call_id } = item as { readonly id?: string | null; readonly call_id: string };
  const known = id ? undefined : callIds.get(call_id);
  return known === undefined ? item : ({ ...item, id: known } as ResponseItem);
}

function isSame(left: ResponseItem | undefined, right: ResponseItem | undefined): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

/** All of an answer. */
export interface WholeAnswer {
  readonly items: readonly ResponseItem[];
  /** Who answered, where the service says so. */
  readonly model?: string;
  readonly end?: CompletedEvent | IncompleteEvent;
}

/** One answer: its events, once, or all of it. Frees its session when it ends, however it does. */
export class Answer implements AsyncIterableIterator<ResponseEvent, undefined> {
  readonly #stream: ResponseStream;
  readonly #callIds: Map<string, string>;
  readonly #free: () => void;
  #events: AsyncIterator<ResponseEvent, undefined> | undefined;

  constructor(stream: ResponseStream, callIds: Map<string, string>, free: () => void) {
    this.#stream = stream;
    this.#callIds = callIds;
    this.#free = free;
  }

  get headers(): Record<string, string> {
    return { ...this.#stream.headers };
  }

  get requestId(): string | undefined {
    return this.#stream.requestId;
  }

  /** Reads to the end. @throws What {@link next} throws. */
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
      else if (step.value.type === "output_item.done") this.#remember(step.value.item);
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

  #remember(item: ResponseItem): void {
    if ("call_id" in item && typeof item.call_id === "string" && typeof item.id === "string") {
      this.#callIds.set(item.call_id, item.id);
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
