import type { JsonObject } from "../../wire/json.ts";
import type { DeltaEvent } from "../events/types.ts";

/** A kind of delta event. */
export interface PieceKind {
  readonly type: DeltaEvent["type"];
  /** Permanent, because saved positions contain it. */
  readonly name: string;
  /** The event field with the index of the part. Undefined if the item has one part. */
  readonly index?: "content_index" | "summary_index";
  /** The wire event that begins a part, if the reader has to see it. */
  readonly begins?: string;
}

export const PIECE_KINDS: readonly PieceKind[] = [
  {
    type: "reasoning_summary_text.delta",
    name: "summary",
    index: "summary_index",
    begins: "response.reasoning_summary_part.added",
  },
  { type: "reasoning_text.delta", name: "reasoning", index: "content_index" },
  { type: "output_text.delta", name: "text", index: "content_index" },
  { type: "refusal.delta", name: "refusal", index: "content_index" },
  { type: "function_call_arguments.delta", name: "arguments" },
  { type: "custom_tool_call_input.delta", name: "input" },
];

/** Key of a part: `1/text/0` is the first text part of the second item. */
export function partKey(outputIndex: number, name: string, partIndex: number): string {
  return `${outputIndex}/${name}/${partIndex}`;
}

/** The items that parts belong to, by their keys. */
export function outputIndexesOf(keys: readonly string[]): number[] {
  return [...new Set(keys.map((key) => Number(key.slice(0, key.indexOf("/")))))];
}

/** Which part of an item an event adds to, and by how many characters. Undefined for other events. */
export function pieceOf(event: JsonObject): { readonly key: string; readonly length: number } | undefined {
  const kind = PIECE_KINDS.find(({ type, begins }) => event.type === `response.${type}` || event.type === begins);
  const { output_index: outputIndex, delta } = event;
  if (kind === undefined || typeof outputIndex !== "number") return undefined;
  const index = kind.index === undefined ? 0 : event[kind.index];
  const length = typeof delta === "string" ? delta.length : 0;
  return { key: partKey(outputIndex, kind.name, typeof index === "number" ? index : 0), length };
}
