import type { TokenUsage } from "../../token-usage.ts";

/**
 * Why a request was sent whole, although only its new items might have been enough:
 *
 * - `first_request`: nothing of this conversation was sent before.
 * - `over_http`: it went over HTTP, where requests are always whole.
 * - `new_connection`: the connection knows nothing of the conversation, because it was replaced, or because the lane moved to another
 *   connection.
 * - `no_last_response`: the last request was not answered to its end: it failed, was left, or was aborted.
 * - `source_went_on`: the lane was forked from one that has since sent another request, and responses are not stored.
 * - `field_changed`: the field `field` differs from the last request.
 * - `history_changed`: the input does not begin with the items sent and received so far; `item` is the index of the first that differs,
 *   from 0.
 * - `own_previous_response_id`: the caller set `previous_response_id`.
 */
export type WholeReason =
  | "first_request"
  | "over_http"
  | "new_connection"
  | "no_last_response"
  | "source_went_on"
  | "field_changed"
  | "history_changed"
  | "own_previous_response_id";

export interface WholeCause {
  readonly reason: WholeReason;
  /** Name of the field in the request's body. */
  readonly field?: string;
  readonly item?: number;
}

/** What one answer read from the service's prompt cache and wrote to it, in tokens, as far as the service reports it. */
export interface TurnCache {
  readonly inputTokens: number;
  readonly readTokens: number;
  readonly writtenTokens: number;
  /** Share of the input that was read from the cache, 0 to 1. Absent if there was no input. */
  readonly hitRate?: number;
  /** Absent if only the new items were sent. */
  readonly whole?: WholeCause;
}

export function turnCache(usage: TokenUsage | undefined, whole: WholeCause | undefined): TurnCache {
  const { inputTokens = 0, cachedInputTokens: readTokens = 0, cacheWriteInputTokens: writtenTokens = 0 } = usage ?? {};
  return { inputTokens, readTokens, writtenTokens, ...rateOf(readTokens, inputTokens), ...(whole ? { whole } : {}) };
}

export function rateOf(readTokens: number, inputTokens: number): { readonly hitRate?: number } {
  return inputTokens > 0 ? { hitRate: readTokens / inputTokens } : {};
}
