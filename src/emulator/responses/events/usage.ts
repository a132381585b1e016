import type { Fields } from "../../fields.ts";
import { tokensIn } from "../../model/pieces.ts";
import type { Turn, Usage } from "../response-object.ts";
import type { EventWriter } from "./event-writer.ts";

const CACHE_BLOCK_TOKENS = 128;
const LEAST_CACHED_TOKENS = 1024;

/** The usage of a response so far: a continued conversation reads its earlier part from the cache. */
export function usageOf(turn: Turn, written: Pick<EventWriter, "writtenTokens" | "reasonedTokens">): Usage {
  const { conversation, request } = turn;
  const isContinued =
    conversation.length > request.input.length ||
    conversation.some((item) => item.role === "assistant" || isOurs(item));
  const { instructions, tools } = request.body;
  let before = BRACKETS + lengthOf(instructions ?? "") + lengthOf(tools ?? []);
  for (const item of conversation.slice(0, -1)) before += lengthOf(item);
  const newest = conversation.at(-1);
  const inputTokens = tokensIn(before + (newest ? lengthOf(newest) : 0));
  const cachedTokens = isContinued ? cacheable(tokensIn(before)) : 0;
  return {
    inputTokens,
    cachedTokens,
    cacheWriteTokens: Math.max(0, cacheable(inputTokens) - cachedTokens),
    outputTokens: written.writtenTokens + written.reasonedTokens,
    reasoningTokens: written.reasonedTokens,
  };
}

/** True if the item is a call by a model: then this is not the first request of its conversation. */
function isOurs({ type }: Fields): boolean {
  return typeof type === "string" && type.endsWith("_call");
}

/** Number of input tokens of a request. */
export function inputTokensOf(turn: Turn): number {
  return usageOf(turn, { writtenTokens: 0, reasonedTokens: 0 }).inputTokens;
}

/** The service caches prefixes in whole blocks, and no short ones. */
function cacheable(prefixTokens: number): number {
  return prefixTokens < LEAST_CACHED_TOKENS ? 0 : Math.floor(prefixTokens / CACHE_BLOCK_TOKENS) * CACHE_BLOCK_TOKENS;
}

/** Brackets around the list of items, in characters. */
const BRACKETS = 3;

/** Length as JSON, in characters, with the separator to the next value. */
function lengthOf(value: unknown): number {
  return JSON.stringify(value).length + 1;
}
