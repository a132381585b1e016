import type { Fields, WireEvent } from "../fields.ts";
import { type Draft, think } from "../model/index.ts";
import { estimateTokens, pieces } from "../model/pieces.ts";
import { type Identifiers, obfuscation, sealedText } from "./identifiers.ts";
import { includes, wantsObfuscation } from "./request.ts";
import { responseObject, type Turn, type Usage } from "./response-object.ts";

const CACHE_BLOCK_TOKENS = 128;
const LEAST_CACHED_TOKENS = 1024;

/**
 * The events of one response in the service's order. Pure but for ids and the clock: the same turn gives the same events,
 * and nothing happens until they are pulled.
 *
 * @returns Ends after `response.completed`, or `response.incomplete` when `max_output_tokens` ran out.
 */
export function* generate(turn: Turn, identifiers: Identifiers, nowSeconds: () => number): Generator<WireEvent, void> {
  const writer = new EventWriter(turn, identifiers);
  yield writer.event("response.created", { response: responseObject(turn, { status: "in_progress", output: [] }) });
  yield writer.event("response.in_progress", { response: responseObject(turn, { status: "in_progress", output: [] }) });
  const drafts = turn.request.generate ? think(turn.request.body, turn.conversation) : [];
  const output: Fields[] = [];
  for (const draft of drafts) {
    output.push(yield* writer.item(draft));
    if (writer.isExhausted) break;
  }
  const status = writer.isExhausted ? "incomplete" : "completed";
  const response = responseObject(turn, { status, output, usage: writer.usage, completedAt: nowSeconds() });
  yield writer.event(`response.${status}`, { response });
}

type ItemEvents = Generator<WireEvent, Fields>;

class EventWriter {
  readonly #turn: Turn;
  readonly #identifiers: Identifiers;
  readonly #obfuscates: boolean;
  readonly #budget: number;
  #sequence = 0;
  #outputIndex = 0;
  #written = 0;
  #reasoned = 0;
  #isExhausted = false;

  constructor(turn: Turn, identifiers: Identifiers) {
    this.#turn = turn;
    this.#identifiers = identifiers;
    this.#obfuscates = wantsObfuscation(turn.request.body);
    this.#budget = turn.request.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the budget was too small for what the model had to say. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  get usage(): Usage {
    const { body, input } = this.#turn.request;
    const { conversation } = this.#turn;
    const fixed = [body.instructions ?? "", body.tools ?? []];
    const isContinued = conversation.length > input.length || conversation.some((item) => item.role === "assistant");
    return {
      inputTokens: tokensOf([...fixed, conversation]),
      cachedTokens: isContinued ? cachedTokens(tokensOf([...fixed, conversation.slice(0, -1)])) : 0,
      outputTokens: this.#written + this.#reasoned,
      reasoningTokens: this.#reasoned,
    };
  }

  event(type: string, fields: Fields): WireEvent {
    return { type, sequence_number: this.#sequence++, ...fields };
  }

  *item(draft: Draft): ItemEvents {
    const item = yield* this.#itemOf(draft);
    this.#outputIndex += 1;
    return item;
  }

  #itemOf(draft: Draft): ItemEvents {
    switch (draft.type) {
      case "reasoning":
        return this.#reasoning(draft);
      case "message":
        return this.#message(draft.text);
      case "function_call":
        return this.#functionCall(draft);
      case "custom_tool_call":
        return this.#customToolCall(draft);
      case "compaction":
        return this.#compaction(draft.encryptedContent);
    }
  }

  *#reasoning(draft: Draft & { readonly type: "reasoning" }): ItemEvents {
    const id = this.#identifiers.next("rs");
    const sealed = includes(this.#turn.request.body, "reasoning.encrypted_content");
    const item = (summary: readonly Fields[], seed: string): Fields => ({
      id,
      type: "reasoning",
      ...(sealed && { encrypted_content: sealedText(seed) }),
      summary,
    });
    yield this.#added(item([], `${id} begun`));
    const at = { item_id: id, output_index: this.#outputIndex };
    const parts: Fields[] = [];
    for (const [summary_index, text] of draft.summary.entries()) {
      const place = { ...at, summary_index };
      const part = { type: "summary_text", text };
      yield this.event("response.reasoning_summary_part.added", { ...place, part: { type: "summary_text", text: "" } });
      for (const delta of pieces(text)) {
        yield this.event("response.reasoning_summary_text.delta", { ...place, delta, ...this.#obfuscation(delta) });
      }
      yield this.event("response.reasoning_summary_text.done", { ...place, text });
      yield this.event("response.reasoning_summary_part.done", { ...place, part });
      parts.push(part);
    }
    this.#reasoned += Math.min(draft.tokens, this.#left);
    if (this.#left === 0) this.#isExhausted = true;
    return yield* this.#done(item(parts, id));
  }

  *#message(text: string): ItemEvents {
    const id = this.#identifiers.next("msg");
    const item = (status: string, content: readonly Fields[]): Fields => ({
      id,
      type: "message",
      status,
      content,
      role: "assistant",
    });
    const partOf = (written: string): Fields => ({ type: "output_text", annotations: [], logprobs: [], text: written });
    const place = { item_id: id, output_index: this.#outputIndex, content_index: 0 };
    yield this.#added(item("in_progress", []));
    yield this.event("response.content_part.added", { ...place, part: partOf("") });
    const written = yield* this.#deltas("response.output_text.delta", place, text, { logprobs: [] });
    yield this.event("response.output_text.done", { ...place, text: written, logprobs: [] });
    yield this.event("response.content_part.done", { ...place, part: partOf(written) });
    return yield* this.#done(item(this.#finalStatus, [partOf(written)]));
  }

  *#functionCall(draft: Draft & { readonly type: "function_call" }): ItemEvents {
    const id = this.#identifiers.next("fc");
    const call_id = this.#identifiers.nextCallId();
    const { name, namespace } = draft;
    const item = (status: string, written: string): Fields => ({
      id,
      type: "function_call",
      status,
      arguments: written,
      call_id,
      name,
      ...(namespace !== undefined && { namespace }),
    });
    const place = { item_id: id, output_index: this.#outputIndex };
    yield this.#added(item("in_progress", ""));
    const written = yield* this.#deltas("response.function_call_arguments.delta", place, draft.arguments, {});
    yield this.event("response.function_call_arguments.done", { ...place, arguments: written });
    return yield* this.#done(item(this.#finalStatus, written));
  }

  *#customToolCall({ name, input }: Draft & { readonly type: "custom_tool_call" }): ItemEvents {
    const id = this.#identifiers.next("ctc");
    const call_id = this.#identifiers.nextCallId();
    const item = (status: string, written: string): Fields => ({
      id,
      type: "custom_tool_call",
      status,
      call_id,
      input: written,
      name,
    });
    const place = { item_id: id, output_index: this.#outputIndex };
    yield this.#added(item("in_progress", ""));
    const written = yield* this.#deltas("response.custom_tool_call_input.delta", place, input, {});
    yield this.event("response.custom_tool_call_input.done", { ...place, input: written });
    return yield* this.#done(item(this.#finalStatus, written));
  }

  *#compaction(encryptedContent: string): ItemEvents {
    const item = { id: this.#identifiers.next("cmp"), type: "compaction", encrypted_content: encryptedContent };
    this.#written += estimateTokens(encryptedContent);
    yield this.#added(item);
    return yield* this.#done(item);
  }

  /** Writes text as far as the budget goes; one piece is one token. */
  *#deltas(type: string, place: Fields, text: string, more: Fields): Generator<WireEvent, string> {
    let written = "";
    for (const delta of pieces(text)) {
      if (this.#left === 0) {
        this.#isExhausted = true;
        break;
      }
      this.#written += 1;
      written += delta;
      yield this.event(type, { ...place, delta, ...more, ...this.#obfuscation(delta) });
    }
    return written;
  }

  get #left(): number {
    return Math.max(0, this.#budget - this.#written - this.#reasoned);
  }

  get #finalStatus(): string {
    return this.#isExhausted ? "incomplete" : "completed";
  }

  #obfuscation(delta: string): Fields {
    return this.#obfuscates ? { obfuscation: obfuscation(delta, this.#sequence) } : {};
  }

  #added(item: Fields): WireEvent {
    return this.event("response.output_item.added", { output_index: this.#outputIndex, item });
  }

  *#done(item: Fields): ItemEvents {
    yield this.event("response.output_item.done", { output_index: this.#outputIndex, item });
    return item;
  }
}

/** The service caches prefixes in whole blocks, and none that are short. */
function cachedTokens(prefixTokens: number): number {
  return prefixTokens < LEAST_CACHED_TOKENS ? 0 : Math.floor(prefixTokens / CACHE_BLOCK_TOKENS) * CACHE_BLOCK_TOKENS;
}

function tokensOf(value: unknown): number {
  return estimateTokens(JSON.stringify(value));
}
