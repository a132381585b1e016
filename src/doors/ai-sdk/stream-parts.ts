import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import {
  type OutputItemAddedEvent,
  type OutputItemDoneEvent,
  parseWireEvent,
  type ResponseEvent,
  type ResponseItem,
  type RestartedEvent,
  type TokenUsage,
} from "../../index.ts";
import { brokenAnswer } from "../broken-answer.ts";
import { metadata, VOID } from "./carried.ts";
import { sourcesOf, tellsSources } from "./citations.ts";
import { partsOf, reasoningParts, textParts } from "./content.ts";
import { type Piece, pieceOf } from "./pieces.ts";
import type { CallTools } from "./tools/of-call.ts";
import { finishReasonOf, usageOf } from "./usage.ts";

type Part = LanguageModelV4StreamPart;

/** An unfinished text, reasoning text or tool input. */
interface Block {
  readonly kind: "text" | "reasoning" | "tool-input";
  readonly id: string;
}

/** An unfinished item, and its blocks in order. */
interface Open {
  readonly item: ResponseItem;
  readonly outputIndex?: number | undefined;
  readonly blocks: Map<string, Block>;
}

export interface StreamSettings {
  readonly tools: CallTools;
  readonly includeRaw: boolean;
}

/** The parts of one streamed answer. */
export class StreamParts {
  readonly #settings: StreamSettings;
  readonly #open = new Set<Open>();
  #last: Open | undefined;
  #raw: string | undefined;
  #finished = 0;
  #hasCalls = false;
  #hasRefusal = false;
  #hasSearched = false;
  #told: {
    responseId?: string | undefined;
    tokenUsage?: TokenUsage | undefined;
    incompleteReason?: string | undefined;
  } = {};

  constructor(settings: StreamSettings) {
    this.#settings = settings;
  }

  /** @throws {@link StreamError} The answer starts again after something was delivered that is no longer valid. */
  of(event: ResponseEvent): Part[] {
    const parts = this.#partsOf(event);
    return this.#settings.includeRaw && "raw" in event ? [...this.#rawPart(event.raw), ...parts] : parts;
  }

  /** The last part, after the last event. */
  finish(): Part {
    const { responseId, tokenUsage, incompleteReason } = this.#told;
    const shape = { incompleteReason, hasCalls: this.#hasCalls, hasRefusal: this.#hasRefusal };
    return {
      type: "finish",
      usage: usageOf(tokenUsage),
      finishReason: finishReasonOf(shape),
      providerMetadata: metadata({ responseId }),
    };
  }

  /** One event of the service may become several of ours; its raw text is passed on once. */
  #rawPart(raw: string | undefined): Part[] {
    if (raw === undefined || raw === this.#raw) return [];
    this.#raw = raw;
    return [{ type: "raw", rawValue: parseWireEvent(raw) }];
  }

  #partsOf(event: ResponseEvent): Part[] {
    const piece = pieceOf(event);
    if (piece) return this.#piece(piece);
    switch (event.type) {
      case "server_model":
        return [{ type: "response-metadata", modelId: event.model }];
      case "output_item.added":
        return this.#added(event);
      case "output_item.done":
        return this.#done(event);
      case "restarted":
        return this.#restarted(event);
      case "completed":
      case "incomplete":
        this.#told = { ...event, incompleteReason: event.type === "incomplete" ? event.reason : undefined };
        return event.responseId ? [{ type: "response-metadata", id: event.responseId }] : [];
      default:
        return [];
    }
  }

  #added({ item, outputIndex }: OutputItemAddedEvent): Part[] {
    this.#last = { item, outputIndex, blocks: new Map() };
    this.#open.add(this.#last);
    const call = inputOf(item);
    if (!call) return [];
    const { id, name: toolName } = call;
    this.#last.blocks.set("input", { kind: "tool-input", id });
    const quote: Part[] = isFreeText(item) ? [{ type: "tool-input-delta", id, delta: '"' }] : [];
    return [{ type: "tool-input-start", id, toolName }, ...quote];
  }

  #piece({ of, delta, itemId, outputIndex, index }: Piece): Part[] {
    const open = this.#find(outputIndex, itemId) ?? this.#last;
    if (!open || delta === "") return [];
    if (of === "input") {
      const block = open.blocks.get("input");
      return block ? [{ type: "tool-input-delta", id: block.id, delta: inputDelta(open.item, delta) }] : [];
    }
    const kind = of === "text" ? "text" : "reasoning";
    const key = `${of}:${index}`;
    return [...this.#begin(open, kind, key), { type: `${kind}-delta`, id: blockId(open, key), delta } as Part];
  }

  /** Begins the block, unless it has begun. */
  #begin(open: Open, kind: "text" | "reasoning", key: string): Part[] {
    if (open.blocks.has(key)) return [];
    const id = blockId(open, key);
    open.blocks.set(key, { kind, id });
    return [{ type: `${kind}-start`, id }];
  }

  #done({ item, outputIndex }: OutputItemDoneEvent): Part[] {
    const open = this.#take(item, outputIndex);
    this.#finished += 1;
    if (item.type === "message") {
      this.#hasRefusal ||= item.content.some(({ type }) => type === "refusal");
      return [...this.#texts(item, open), ...sourcesOf(item, this.#hasSearched)];
    }
    if (item.type === "reasoning") return this.#reasoning(item, open);
    this.#hasSearched ||= tellsSources(item);
    const parts = partsOf(item, this.#settings.tools, this.#hasSearched) as Part[];
    this.#hasCalls ||= parts.some((part) => part.type === "tool-call" && !part.providerExecuted);
    return [...this.#input(item, open), ...hostedInput(item, parts), ...parts];
  }

  #texts(item: Extract<ResponseItem, { type: "message" }>, open: Open): Part[] {
    return textParts(item).flatMap(({ text, citations, providerMetadata }, index) => {
      const key = `text:${index}`;
      return [
        ...this.#whole(open, "text", key, text),
        {
          type: "text-end",
          id: blockId(open, key),
          ...(citations ? { citations } : {}),
          ...(providerMetadata ? { providerMetadata } : {}),
        },
      ];
    });
  }

  #reasoning(item: Extract<ResponseItem, { type: "reasoning" }>, open: Open): Part[] {
    const summaries = item.summary?.length ?? 0;
    return reasoningParts(item).flatMap(({ text, providerMetadata }, index) => {
      const key = index < summaries || text === "" ? `summary:${index}` : `reasoning:${index - summaries}`;
      const id = blockId(open, key);
      return [...this.#whole(open, "reasoning", key, text), { type: "reasoning-end", id, providerMetadata }];
    });
  }

  /** A text that came without deltas. */
  #whole(open: Open, kind: "text" | "reasoning", key: string, text: string): Part[] {
    if (open.blocks.has(key)) return [];
    const start = this.#begin(open, kind, key);
    return text === "" ? start : [...start, { type: `${kind}-delta`, id: blockId(open, key), delta: text } as Part];
  }

  #input(item: ResponseItem, open: Open): Part[] {
    const call = inputOf(item);
    if (!call) return [];
    const begun = open.blocks.get("input");
    if (begun)
      return [
        ...(isFreeText(item) ? [{ type: "tool-input-delta", id: begun.id, delta: '"' } as const] : []),
        { type: "tool-input-end", id: begun.id },
      ];
    const { id, name, input } = call;
    return [
      { type: "tool-input-start", id, toolName: name },
      { type: "tool-input-delta", id, delta: input },
      { type: "tool-input-end", id },
    ];
  }

  /** By index first, because some services change an item's id from event to event. */
  #find(outputIndex: number | undefined, itemId: string | undefined): Open | undefined {
    const open = [...this.#open];
    return (
      (outputIndex === undefined ? undefined : open.find((one) => one.outputIndex === outputIndex)) ??
      (itemId === undefined ? undefined : open.find(({ item }) => idOf(item) === itemId))
    );
  }

  #take(item: ResponseItem, outputIndex: number | undefined): Open {
    const last = this.#last?.item.type === item.type && this.#open.has(this.#last) ? this.#last : undefined;
    const open = this.#find(outputIndex, idOf(item)) ?? last;
    if (open) this.#open.delete(open);
    return open ?? { item, blocks: new Map() };
  }

  /**
   * Reasoning that is no longer valid does no harm: it is closed and marked, so that it is not sent back. A text would be delivered twice,
   * and a call run twice.
   */
  #restarted(event: RestartedEvent): Part[] {
    const blocks = [...this.#open].flatMap((open) => [...open.blocks.values()]);
    if (event.keptItems < this.#finished || blocks.some(({ kind }) => kind !== "reasoning")) {
      throw brokenAnswer(event);
    }
    this.#open.clear();
    this.#last = undefined;
    return blocks.map(({ id }) => ({ type: "reasoning-end", id, providerMetadata: VOID }));
  }
}

function idOf(item: ResponseItem): string | undefined {
  return "id" in item && typeof item.id === "string" ? item.id : undefined;
}

/** What the SDK calls a text of an item. */
function blockId({ item }: Open, key: string): string {
  return `${idOf(item) ?? "item"}:${key}`;
}

function isFreeText(item: ResponseItem): boolean {
  return item.type === "custom_tool_call";
}

/** The SDK expects JSON: the text of a custom tool's input is written as a JSON string. */
function inputDelta(item: ResponseItem, delta: string): string {
  return isFreeText(item) ? JSON.stringify(delta).slice(1, -1) : delta;
}

function inputOf(
  item: ResponseItem,
): { readonly id: string; readonly name: string; readonly input: string } | undefined {
  if (item.type === "function_call") return { id: item.call_id, name: item.name, input: item.arguments };
  if (item.type === "custom_tool_call") return { id: item.call_id, name: item.name, input: JSON.stringify(item.input) };
  return undefined;
}

/** Hosted calls whose input the SDK shows like that of the program's own tools. */
const SHOWN_INPUT: ReadonlySet<string> = new Set(["web_search_call", "code_interpreter_call"]);

function hostedInput(item: ResponseItem, parts: readonly Part[]): Part[] {
  const call = SHOWN_INPUT.has(item.type) ? parts.find((part) => part.type === "tool-call") : undefined;
  if (!call) return [];
  const { toolCallId: id, toolName, input } = call;
  const delta: Part[] = input === "{}" ? [] : [{ type: "tool-input-delta", id, delta: input }];
  return [{ type: "tool-input-start", id, toolName, providerExecuted: true }, ...delta, { type: "tool-input-end", id }];
}
