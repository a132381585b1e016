/**
 * Token counts of one response. Cached tokens are part of the input, reasoning tokens part of the output; 0 if the service does not report
 * these.
 */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  /** Written to the service's prompt cache, which some models bill separately. */
  readonly cacheWriteInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
  readonly totalTokens: number;
}
