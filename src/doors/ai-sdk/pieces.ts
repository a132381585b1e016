import type { ResponseEvent } from "../../index.ts";

/** A piece of an item that is under way. */
export interface Piece {
  readonly of: "text" | "summary" | "reasoning" | "input";
  readonly delta: string;
  readonly itemId?: string | undefined;
  /** Of the text among the item's. */
  readonly index: number;
}

/** What `event` adds to an item, if it does. */
export function pieceOf(event: ResponseEvent): Piece | undefined {
  switch (event.type) {
    case "output_text.delta":
      return { of: "text", delta: event.delta, index: 0 };
    case "reasoning_summary_text.delta":
      return { of: "summary", delta: event.delta, index: event.summaryIndex };
    case "reasoning_text.delta":
      return { of: "reasoning", delta: event.delta, index: event.contentIndex };
    case "tool_call_input.delta":
      return { of: "input", delta: event.delta, itemId: event.itemId, index: 0 };
    case "wire":
      return wirePiece(event.event);
    default:
      return undefined;
  }
}

function wirePiece({ type, delta, item_id, content_index }: Readonly<Record<string, unknown>>): Piece | undefined {
  const place = { itemId: typeof item_id === "string" ? item_id : undefined, index: Number(content_index ?? 0) };
  if (typeof delta !== "string") return undefined;
  if (type === "response.function_call_arguments.delta") return { of: "input", delta, ...place };
  if (type === "response.refusal.delta") return { of: "text", delta, ...place };
  return undefined;
}

/** The event as the service sent it, where it is known. */
export function rawOf(event: ResponseEvent): unknown {
  return event.type === "wire" ? event.event : undefined;
}
