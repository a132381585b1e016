import type { TokenUsage } from "../events/types.ts";

/**
 * Why a request went out whole, where only what is new of it might have gone:
 *
 * - `first_request`: nothing of this conversation was sent before;
 * - `over_http`: it went over HTTP, which carries everything;
 * - `new_connection`: the connection knows nothing of the conversation, since it is another one than last time, or its lane has another place on it;
 * - `no_last_response`: the last request was not answered to its end: it failed, was left, or was aborted;
 * - `source_went_on`: a fork whose source has gone on, where nothing is stored;
 * - `field_changed`: `field` is another one than in the last request;
 * - `history_changed`: the input does not begin with what was sent and answered; `item` is the first that differs, counted from 0;
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
  /** Of the request's body. */
  readonly field?: string;
  readonly item?: number;
}

/** What one answer read from the service's cache and wrote to it, in tokens; as far as the service tells. */
export interface TurnCache {
  readonly inputTokens: number;
  readonly readTokens: number;
  readonly writtenTokens: number;
  /** Share of the input that was read from the cache, 0 to 1. Absent where there was no input. */
  readonly hitRate?: number;
  /** Absent where only what is new was sent. */
  readonly whole?: WholeCause;
}

export function turnCache(usage: TokenUsage | undefined, whole: WholeCause | undefined): TurnCache {
  const { inputTokens = 0, cachedInputTokens: readTokens = 0, cacheWriteInputTokens: writtenTokens = 0 } = usage ?? {};
  return { inputTokens, readTokens, writtenTokens, ...rateOf(readTokens, inputTokens), ...(whole ? { whole } : {}) };
}

export function rateOf(readTokens: number, inputTokens: number): { readonly hitRate?: number } {
  return inputTokens > 0 ? { hitRate: readTokens / inputTokens } : {};
}
