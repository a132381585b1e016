import type { Fields } from "../../fields.ts";
import { estimateTokens } from "../../model/pieces.ts";
import type { Turn, Usage } from "../response-object.ts";
import type { EventWriter } from "./event-writer.ts";

const CACHE_BLOCK_TOKENS = 128;
const LEAST_CACHED_TOKENS = 1024;

/** What a response has used so far: a conversation that goes on reads from the cache what it sent before. */
export function usageOf(turn: Turn, written: Pick<EventWriter, "writtenTokens" | "reasonedTokens">): Usage {
  const { conversation, request } = turn;
  const before = conversation.slice(0, -1);
  const isContinued =
    conversation.length > request.input.length ||
    conversation.some((item) => item.role === "assistant" || isOurs(item));
  const fixed = [request.body.instructions ?? "", request.body.tools ?? []];
  const inputTokens = tokensOf([...fixed, conversation]);
  const cachedTokens = isContinued ? cacheable(tokensOf([...fixed, before])) : 0;
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

function tokensOf(value: unknown): number {
  return estimateTokens(JSON.stringify(value));
}
