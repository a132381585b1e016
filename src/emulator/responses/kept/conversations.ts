import { BoundedMap } from "../../bounded-map.ts";
import { type Fields, stringIn } from "../../fields.ts";
import { ServiceError } from "../../service-error.ts";
import type { Identifiers } from "../identifiers.ts";

const KEPT_CONVERSATIONS = 1000;

interface Conversation {
  readonly id: string;
  readonly createdAt: number;
  metadata: unknown;
  items: Fields[];
}

/** Conversations that the service keeps, made by `POST /conversations`. The oldest are dropped first. */
export class Conversations {
  readonly #all = new BoundedMap<string, Conversation>(KEPT_CONVERSATIONS);
  readonly #identifiers: Identifiers;

  constructor(identifiers: Identifiers) {
    this.#identifiers = identifiers;
  }

  create(items: readonly Fields[], metadata: unknown, createdAt: number): Conversation {
    const conversation: Conversation = {
      id: this.#identifiers.next("conv"),
      createdAt,
      metadata: metadata ?? {},
      items: [],
    };
    this.#all.set(conversation.id, conversation);
    this.append(conversation.id, items);
    return conversation;
  }

  /** @throws {@link ServiceError} 404 */
  find(id: string): Conversation {
    const found = this.#all.get(id);
    if (found) return found;
    throw new ServiceError(404, { message: `Conversation with id '${id}' not found.`, code: "conversation_not_found" });
  }

  /** @returns The items as they are kept: each has an id. @throws {@link ServiceError} 404 */
  append(id: string, items: readonly Fields[]): readonly Fields[] {
    const conversation = this.find(id);
    const added = items.map((item) => withId(item, this.#identifiers));
    conversation.items = [...conversation.items, ...added];
    return added;
  }

  delete(id: string): void {
    this.#all.delete(id);
  }
}

export function conversationObject({ id, createdAt, metadata }: Conversation): Fields {
  return { id, object: "conversation", created_at: createdAt, metadata };
}

/** An item in the form in which it is kept: a message in short form gets an id, a status and parts. */
export function withId(item: Fields, identifiers: Identifiers): Fields {
  const type = stringIn(item, "type") ?? "message";
  const id = stringIn(item, "id") ?? identifiers.next(type === "message" ? "msg" : "item");
  if (type !== "message") return { ...item, id };
  const { content } = item;
  const kind = item.role === "assistant" ? "output_text" : "input_text";
  const parts = typeof content === "string" ? [partOf(kind, content)] : content;
  return {
    ...item,
    id,
    type,
    status: item.status ?? "completed",
    content: Array.isArray(parts) ? parts.map(wholePart) : [],
  };
}

function partOf(type: string, text: string): Fields {
  return { type, text };
}

function wholePart(part: Fields): Fields {
  if (part.type === "output_text") return { annotations: [], logprobs: [], ...part };
  if (part.type === "input_image") return { detail: "auto", image_url: null, ...part };
  return part;
}
