import { Failure } from "../../client/failure/failure.ts";
import type { TokenUsage } from "../token-usage.ts";
import type { ResponseItem } from "../wire/items.ts";

/** What was received of a response that did not complete. */
export interface PartialResponse {
  /** The answer's text so far. */
  readonly text: string;
  /** Finished items, as received. */
  readonly items: readonly ResponseItem[];
  readonly responseId?: string;
  readonly tokenUsage?: TokenUsage;
  /** The response was larger than what is kept: text and items are its beginning. */
  readonly truncated?: boolean;
}

/** Logs show only id, usage and counts, because text and items may contain prompts or secrets. */
class LoggedAsCounts implements PartialResponse {
  declare readonly text: string;
  declare readonly items: readonly ResponseItem[];
  declare readonly responseId?: string;
  declare readonly tokenUsage?: TokenUsage;
  declare readonly truncated?: boolean;

  constructor(partial: PartialResponse) {
    Object.assign(this, partial);
  }

  toJSON(): Record<string, unknown> {
    const { text, items, ...told } = { ...this };
    return { ...told, textLength: text.length, itemCount: items.length };
  }
}

/**
 * Adds to an error what was received before it. Hidden from `console.log(error)`. The last call wins: a session knows more than a stream.
 */
export function withPartial<Thrown>(error: Thrown, partial: PartialResponse): Thrown {
  if (Failure.is(error)) {
    Object.defineProperty(error, "partial", {
      value: new LoggedAsCounts(partial),
      enumerable: false,
      configurable: true,
    });
  }
  return error;
}
