import { BoundedMap } from "../../bounded-map.ts";
import { type Fields, isFields, stringIn } from "../../fields.ts";
import { isCompaction } from "../../model/compaction.ts";
import { ServiceError } from "../../service-error.ts";
import { checkToolPairs } from "../../validation/items.ts";
import type { Outcome } from "../events/generation.ts";
import type { Identifiers } from "../identifiers.ts";
import type { ResponsesRequest } from "../request.ts";
import type { Turn } from "../response-object.ts";
import type { BackgroundRun } from "./background.ts";
import type { Conversations } from "./conversations.ts";
import { previousResponseNotFound, type ResponseMemory } from "./memory.ts";

const KEPT_RESPONSES = 1000;

/** A response with `store` on. */
export interface StoredResponse {
  /** The response as it stands, as JSON; of one in the background it changes. */
  readonly json: string;
  /** The request's own items, each with an id. */
  readonly input: readonly Fields[];
  /** What a next request goes on from; undefined while it is not finished. */
  readonly conversation: readonly Fields[] | undefined;
  readonly run: BackgroundRun | undefined;
}

interface Entry {
  readonly turn: Turn;
  readonly run?: BackgroundRun;
  outcome?: Outcome;
}

/** What the service remembers for every connection: stored responses and their items. The oldest go first. */
export class Archive {
  readonly #entries = new BoundedMap<string, Entry>(KEPT_RESPONSES);
  readonly #items = new Map<string, Fields>();
  readonly #identifiers: Identifiers;
  readonly #conversations: Conversations;

  constructor(identifiers: Identifiers, conversations: Conversations) {
    this.#identifiers = identifiers;
    this.#conversations = conversations;
  }

  /**
   * Everything said before a request, and what it says itself.
   *
   * @param local - what the connection remembers, asked first.
   * @throws {@link ServiceError} when it goes on from what nobody knows, or calls and outputs do not pair.
   */
  conversationFor(request: ResponsesRequest, local?: Pick<ResponseMemory, "get">): readonly Fields[] {
    const conversation = this.gather(request, local);
    checkToolPairs(
      conversation,
      conversation.some((item) => isCompaction(item) || item.type === "compaction_trigger"),
    );
    return conversation;
  }

  /** The same, whether or not every call has its output. @throws {@link ServiceError} */
  gather(request: ResponsesRequest, local?: Pick<ResponseMemory, "get">): readonly Fields[] {
    const earlier = this.#earlier(request, local);
    if (earlier.length === 0 && !request.input.some(isReference)) return request.input;
    const known = new Set(earlier);
    const input = request.input
      .map((item) => (isReference(item) ? this.#referenced(item, earlier) : item))
      .filter((item) => !known.has(item));
    return [...earlier, ...input];
  }

  /** Keeps a response that has ended. */
  keep(turn: Turn, outcome: Outcome): void {
    const { request } = turn;
    if (request.conversationId !== undefined) {
      this.#conversations.append(request.conversationId, [...request.input, ...outcome.output]);
    }
    if (!request.isStored) return;
    const entry = this.#entries.get(turn.id) ?? this.#add(turn.id, { turn });
    entry.outcome = outcome;
    for (const item of outcome.output) {
      const id = stringIn(item, "id");
      if (id !== undefined) this.#items.set(id, item);
    }
  }

  /** Keeps a background response from its beginning on. */
  begin(turn: Turn, run: BackgroundRun): void {
    this.#add(turn.id, { turn, run });
  }

  get(id: string): StoredResponse | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    const { turn, run, outcome } = entry;
    return {
      json: run?.json ?? outcome?.json ?? "{}",
      input: turn.request.input.map((item, index) => ({
        id: `${prefixOf(item)}_${turn.id.slice(5, 50)}${index}`,
        ...item,
      })),
      conversation: outcome?.conversation,
      run,
    };
  }

  /** @throws {@link ServiceError} 404 */
  find(id: string): StoredResponse {
    const found = this.get(id);
    if (!found)
      throw new ServiceError(404, { message: `Response with id '${id}' not found.`, code: "response_not_found" });
    return found;
  }

  delete(id: string): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    if (entry) this.#forget(entry);
  }

  #forget({ run, outcome }: Entry): void {
    run?.cancel();
    for (const item of outcome?.output ?? []) this.#items.delete(stringIn(item, "id") ?? "");
  }

  #add(id: string, entry: Entry): Entry {
    const oldest = this.#entries.set(id, entry);
    if (oldest) this.#forget(oldest);
    return entry;
  }

  #earlier(request: ResponsesRequest, local?: Pick<ResponseMemory, "get">): readonly Fields[] {
    const { previousResponseId, conversationId } = request;
    if (conversationId !== undefined) return this.#conversations.find(conversationId).items;
    if (previousResponseId === undefined) return [];
    const found = local?.get(previousResponseId) ?? this.get(previousResponseId)?.conversation;
    if (!found) throw previousResponseNotFound(previousResponseId);
    return found;
  }

  #referenced({ id }: Fields, earlier: readonly Fields[]): Fields {
    const found = earlier.find((item) => item.id === id) ?? this.#items.get(String(id)) ?? this.#inputItem(String(id));
    if (isFields(found)) return found;
    throw new ServiceError(404, {
      message: `Item with id '${String(id)}' not found.`,
      param: "input",
      code: "item_not_found",
    });
  }

  #inputItem(id: string): Fields | undefined {
    for (const responseId of this.#entries.keys()) {
      const found = this.get(responseId)?.input.find((item) => item.id === id);
      if (found) return found;
    }
    return undefined;
  }

  /** A new turn for a request that was checked. @throws {@link ServiceError} as `conversationFor` does. */
  open(request: ResponsesRequest, createdAt: number, local?: Pick<ResponseMemory, "get">): Turn {
    const conversation = this.conversationFor(request, local);
    return { id: this.#identifiers.next("resp"), createdAt, request, conversation };
  }
}

function isReference({ type }: Fields): boolean {
  return type === "item_reference";
}

const PREFIXES: ReadonlyMap<unknown, string> = new Map([
  ["reasoning", "rs"],
  ["function_call", "fc"],
  ["function_call_output", "fco"],
  ["custom_tool_call", "ctc"],
  ["custom_tool_call_output", "ctco"],
  ["compaction", "cmp"],
]);

function prefixOf({ type = "message" }: Fields): string {
  return type === "message" ? "msg" : (PREFIXES.get(type) ?? "item");
}
