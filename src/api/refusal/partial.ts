import { Failure } from "../../client/failure/failure.ts";
import type { TokenUsage } from "../token-usage.ts";
import type { ResponseItem } from "../wire/items.ts";

/** What was received of a response that did not come to its end. */
export interface PartialResponse {
  /** The model's words so far. */
  readonly text: string;
  /** Finished items, as received. */
  readonly items: readonly ResponseItem[];
  readonly responseId?: string;
  readonly tokenUsage?: TokenUsage;
  /** There was more of it than is kept: text and items are its beginning. */
  readonly truncated?: boolean;
}

/** In a log it is id, usage and counts: text and items may be a prompt's or a secret. */
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

/** Notes on a failure what was received before it. Hidden from `console.log(error)`; the last note stands: a session knows more than a stream. */
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
