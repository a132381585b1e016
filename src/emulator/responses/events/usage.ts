import type { Fields } from "../../fields.ts";
import { tokensIn } from "../../model/pieces.ts";
import type { Turn, Usage } from "../response-object.ts";
import type { EventWriter } from "./event-writer.ts";

const CACHE_BLOCK_TOKENS = 128;
const LEAST_CACHED_TOKENS = 1024;

/** What a response has used so far: a conversation that goes on reads from the cache what it sent before. */
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

/** Whether an item is a call that a model made, so that this is not the first request of its conversation. */
function isOurs({ type }: Fields): boolean {
  return typeof type === "string" && type.endsWith("_call");
}

/** What a request's input comes to. */
export function inputTokensOf(turn: Turn): number {
  return usageOf(turn, { writtenTokens: 0, reasonedTokens: 0 }).inputTokens;
}

/** The service caches prefixes in whole blocks, and none that are short. */
function cacheable(prefixTokens: number): number {
  return prefixTokens < LEAST_CACHED_TOKENS ? 0 : Math.floor(prefixTokens / CACHE_BLOCK_TOKENS) * CACHE_BLOCK_TOKENS;
}

/** Around the whole of it, as one list. */
const BRACKETS = 3;

/** As JSON, in characters, with what stands between it and the next. */
function lengthOf(value: unknown): number {
  return JSON.stringify(value).length + 1;
}
