import { withoutUndefined } from "../../client/options.ts";
import type { OpenString } from "../wire/items.ts";
import { isJsonObject, type JsonObject, numberOf, objectOf, textOf } from "../wire/json.ts";

/** How a response ended. Each field is set if the service sends it. */
export interface ResponseOutcome {
  readonly responseId?: string | undefined;
  /** Null for a response out of band. */
  readonly conversationId?: string | null | undefined;
  readonly status?: OpenString<"completed" | "cancelled" | "failed" | "incomplete" | "in_progress"> | undefined;
  /** Why it is not complete: `reason` if it was cancelled or cut short, `error` if it failed. */
  readonly statusDetails?: ResponseStatusDetails | undefined;
  /** Token counts. */
  readonly usage?: RealtimeUsage | undefined;
  /** The items, as received. */
  readonly output?: readonly unknown[] | undefined;
  readonly metadata?: JsonObject | undefined;
}

export interface ResponseStatusDetails {
  readonly type?: string | undefined;
  readonly reason?:
    | OpenString<"turn_detected" | "client_cancelled" | "max_output_tokens" | "content_filter">
    | undefined;
  readonly error?: ResponseFault | undefined;
}

export interface ResponseFault {
  readonly type?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** Tokens by kind. */
interface TokenKinds {
  readonly textTokens?: number | undefined;
  readonly audioTokens?: number | undefined;
  readonly imageTokens?: number | undefined;
}

export interface RealtimeUsage {
  readonly inputTokens?: number | undefined;
  readonly cachedInputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly totalTokens?: number | undefined;
  readonly inputTokenDetails?: (TokenKinds & { readonly cachedTokensDetails?: TokenKinds | undefined }) | undefined;
  readonly outputTokenDetails?: TokenKinds | undefined;
}

/** Reads a `response` object; a field of the wrong type counts as absent. */
export function outcomeOf(response: JsonObject): ResponseOutcome {
  const { id, conversation_id: conversationId, status, status_details: details, usage, output, metadata } = response;
  return withoutUndefined({
    responseId: textOf(id),
    conversationId: conversationId === null ? null : textOf(conversationId),
    status: textOf(status),
    statusDetails: isJsonObject(details) ? detailsOf(details) : undefined,
    usage: isJsonObject(usage) ? usageOf(usage) : undefined,
    output: Array.isArray(output) ? output : undefined,
    metadata: objectOf(metadata),
  });
}

function detailsOf({ type, reason, error }: JsonObject): ResponseStatusDetails {
  return withoutUndefined({
    type: textOf(type),
    reason: textOf(reason),
    error: isJsonObject(error)
      ? withoutUndefined({ type: textOf(error.type), code: textOf(error.code), message: textOf(error.message) })
      : undefined,
  });
}

function usageOf(usage: JsonObject): RealtimeUsage {
  const input = objectOf(usage.input_token_details);
  const cached = objectOf(input?.cached_tokens_details);
  const output = objectOf(usage.output_token_details);
  return withoutUndefined({
    inputTokens: numberOf(usage.input_tokens),
    cachedInputTokens: numberOf(input?.cached_tokens),
    outputTokens: numberOf(usage.output_tokens),
    totalTokens: numberOf(usage.total_tokens),
    inputTokenDetails: input && { ...kindsOf(input), ...(cached && { cachedTokensDetails: kindsOf(cached) }) },
    outputTokenDetails: output && kindsOf(output),
  });
}

function kindsOf({ text_tokens: text, audio_tokens: audio, image_tokens: image }: JsonObject): TokenKinds {
  return withoutUndefined({ textTokens: numberOf(text), audioTokens: numberOf(audio), imageTokens: numberOf(image) });
}
