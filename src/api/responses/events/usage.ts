import type { StreamDeviation } from "../../../client/observe/telemetry.ts";
import type { TokenUsage } from "../../token-usage.ts";
import { fieldOf, isJsonObject, type JsonObject, numberOf } from "../../wire/json.ts";

export interface ReadUsage {
  readonly tokenUsage?: TokenUsage;
  readonly deviation?: StreamDeviation["what"];
}

/** Two names of each count: that of the Responses API, and that of Chat Completions, which some gateways pass through. */
const INPUT = ["input_tokens", "prompt_tokens"];
const OUTPUT = ["output_tokens", "completion_tokens"];
const INPUT_DETAILS = ["input_tokens_details", "prompt_tokens_details"];
const OUTPUT_DETAILS = ["output_tokens_details", "completion_tokens_details"];

/**
 * The token counts of a response, as far as they can be read. A missing count is derived from the other two, else it is 0. Undefined if
 * none can be read. Malformed usage is never an error.
 */
export function readUsage(usage: unknown): ReadUsage {
  if (usage === undefined || usage === null) return {};
  if (!isJsonObject(usage)) return { deviation: "usage" };
  const input = firstCount(usage, INPUT);
  const output = firstCount(usage, OUTPUT);
  const total = count(usage.total_tokens);
  if (input === undefined && output === undefined && total === undefined) return { deviation: "usage" };
  const inputTokens = input ?? rest(total, output);
  const outputTokens = output ?? rest(total, input);
  const inputDetails = firstField(usage, INPUT_DETAILS);
  const tokenUsage = {
    inputTokens,
    cachedInputTokens: count(fieldOf(inputDetails, "cached_tokens")) ?? 0,
    cacheWriteInputTokens: count(fieldOf(inputDetails, "cache_write_tokens")) ?? 0,
    outputTokens,
    reasoningOutputTokens: count(fieldOf(firstField(usage, OUTPUT_DETAILS), "reasoning_tokens")) ?? 0,
    totalTokens: total ?? inputTokens + outputTokens,
  };
  const isAsDocumented = [usage.input_tokens, usage.output_tokens, usage.total_tokens].every(Number.isSafeInteger);
  return isAsDocumented ? { tokenUsage } : { tokenUsage, deviation: "usage" };
}

function firstField(usage: JsonObject, names: readonly string[]): unknown {
  return names.map((name) => usage[name]).find((value) => value !== undefined && value !== null);
}

function firstCount(usage: JsonObject, names: readonly string[]): number | undefined {
  return names.map((name) => count(usage[name])).find((value) => value !== undefined);
}

function count(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && number >= 0 ? number : undefined;
}

function rest(total: number | undefined, other: number | undefined): number {
  return total === undefined || other === undefined ? 0 : Math.max(total - other, 0);
}
