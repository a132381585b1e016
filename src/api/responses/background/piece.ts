import type { ResponseItem } from "../../wire/items.ts";
import { isJsonObject, type JsonObject } from "../../wire/json.ts";

/** A kind of delta event, and where the finished item has the same text in full. */
export interface PieceKind {
  /** Type of the delta event on the wire. */
  readonly wireType: string;
  /** Permanent, because saved positions contain it. */
  readonly name: string;
  /** The event field with the index of the part. Undefined if the item has one part. */
  readonly index?: "content_index" | "summary_index";
  /** The event that begins a part, if the reader has to see it. */
  readonly begins?: string;
  /** The full text of each part; undefined for parts of another kind. */
  wholeIn(item: ResponseItem): readonly (string | undefined)[];
}

export const PIECE_KINDS: readonly PieceKind[] = [
  {
    wireType: "response.reasoning_summary_text.delta",
    name: "summary",
    index: "summary_index",
    begins: "response.reasoning_summary_part.added",
    wholeIn: (item) => texts(item, "reasoning", "summary", "summary_text"),
  },
  {
    wireType: "response.reasoning_text.delta",
    name: "reasoning",
    index: "content_index",
    wholeIn: (item) => texts(item, "reasoning", "content", "reasoning_text"),
  },
  {
    wireType: "response.output_text.delta",
    name: "text",
    index: "content_index",
    wholeIn: (item) => texts(item, "message", "content", "output_text"),
  },
  {
    wireType: "response.refusal.delta",
    name: "refusal",
    index: "content_index",
    wholeIn: (item) => texts(item, "message", "content", "refusal", "refusal"),
  },
  {
    wireType: "response.function_call_arguments.delta",
    name: "arguments",
    wholeIn: (item) => field(item, "function_call", "arguments"),
  },
  {
    wireType: "response.custom_tool_call_input.delta",
    name: "input",
    wholeIn: (item) => field(item, "custom_tool_call", "input"),
  },
];

/** Key of a part: `1/text/0` is the first text part of the second item. */
export function partKey(outputIndex: number, name: string, partIndex: number): string {
  return `${outputIndex}/${name}/${partIndex}`;
}

/** Which part of an item an event adds to, and by how many characters. Undefined for other events. */
export function pieceOf(event: JsonObject): { readonly key: string; readonly length: number } | undefined {
  const kind = PIECE_KINDS.find(({ wireType, begins }) => event.type === wireType || event.type === begins);
  const { output_index: outputIndex, delta } = event;
  if (kind === undefined || typeof outputIndex !== "number") return undefined;
  const index = kind.index === undefined ? 0 : event[kind.index];
  const length = typeof delta === "string" ? delta.length : 0;
  return { key: partKey(outputIndex, kind.name, typeof index === "number" ? index : 0), length };
}

function texts(item: ResponseItem, type: string, list: string, part: string, name = "text"): (string | undefined)[] {
  const parts = (item as unknown as JsonObject)[list];
  if (item.type !== type || !Array.isArray(parts)) return [];
  return parts.map((each: unknown) => {
    const text = isJsonObject(each) && each.type === part ? each[name] : undefined;
    return typeof text === "string" ? text : undefined;
  });
}

function field(item: ResponseItem, type: string, name: string): string[] {
  const text = (item as unknown as JsonObject)[name];
  return item.type === type && typeof text === "string" ? [text] : [];
}
