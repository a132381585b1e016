import type { ResponseEvent } from "../../index.ts";

/** A delta of an unfinished item. */
export interface Piece {
  readonly of: "text" | "summary" | "reasoning" | "input";
  readonly delta: string;
  readonly itemId?: string | undefined;
  readonly outputIndex?: number | undefined;
  /** Index of the text in the item. */
  readonly index: number;
}

/** What `event` adds to an item, if anything. */
export function pieceOf(event: ResponseEvent): Piece | undefined {
  switch (event.type) {
    case "output_text.delta":
    case "refusal.delta":
      return { of: "text", ...placeOf(event), index: event.contentIndex ?? 0 };
    case "reasoning_summary_text.delta":
      return { of: "summary", ...placeOf(event), index: event.summaryIndex ?? 0 };
    case "reasoning_text.delta":
      return { of: "reasoning", ...placeOf(event), index: event.contentIndex ?? 0 };
    case "function_call_arguments.delta":
    case "custom_tool_call_input.delta":
      return { of: "input", ...placeOf(event), index: 0 };
    default:
      return undefined;
  }
}

function placeOf({ delta, itemId, outputIndex }: Pick<Piece, "delta" | "itemId" | "outputIndex">) {
  return { delta, itemId, outputIndex };
}
