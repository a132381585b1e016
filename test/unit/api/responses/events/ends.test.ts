import { describe, expect, test } from "vitest";
import { decode, end, errorOf, item } from "./support.ts";

const usage = { input_tokens: 10, output_tokens: 4, total_tokens: 14 };

describe("the event that ends a response", () => {
  const counts = { inputTokens: 10, outputTokens: 4, totalTokens: 14, cachedInputTokens: 0 };
  const details = { reasoningOutputTokens: 0, cacheWriteInputTokens: 0 };
  // parity: stream/usage-as-far-as-it-goes
  test.each<[string, unknown, object | undefined, boolean]>([
    [
      "with both details",
      {
        ...usage,
        input_tokens_details: { cached_tokens: 3, cache_write_tokens: 5 },
        output_tokens_details: { reasoning_tokens: 2 },
      },
      { ...counts, cachedInputTokens: 3, cacheWriteInputTokens: 5, reasoningOutputTokens: 2 },
      true,
    ],
    ["without details", usage, { ...counts, ...details }, true],
    [
      "with null details",
      { ...usage, input_tokens_details: null, output_tokens_details: null },
      { ...counts, ...details },
      true,
    ],
    [
      "in chat form",
      {
        prompt_tokens: 10,
        completion_tokens: 4,
        total_tokens: 14,
        prompt_tokens_details: { cached_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
      { ...counts, ...details, cachedInputTokens: 1, reasoningOutputTokens: 2 },
      false,
    ],
    ["without its sum", { input_tokens: 10, output_tokens: 4 }, { ...counts, ...details }, false],
    ["without its input", { output_tokens: 4, total_tokens: 14 }, { ...counts, ...details }, false],
    ["without its output", { input_tokens: 10, total_tokens: 14 }, { ...counts, ...details }, false],
    ["with its sum alone", { total_tokens: 14 }, { ...counts, ...details, inputTokens: 0, outputTokens: 0 }, false],
    ["with a count that is a text", { ...usage, total_tokens: "14" }, { ...counts, ...details }, false],
    ["that is not an object", true, undefined, false],
    ["that is empty", {}, undefined, false],
    ["that is null", null, undefined, true],
  ])("has the usage %s, as far as it can be read", (_, given, tokenUsage, isRegular) => {
    expect(decode({ type: "response.completed", response: { id: "r", usage: given } })).toEqual(
      end({ type: "completed", responseId: "r", ...(tokenUsage ? { tokenUsage } : {}) }, isRegular ? [] : ["usage"]),
    );
  });

  // parity: stream/id-may-be-missing
  test.each<[unknown]>([[{}], [{ id: 5 }], [{ id: null }], [null], [undefined]])(
    "is complete without a response id: %j",
    (response) => {
      expect(decode({ type: "response.completed", response })).toEqual(end({ type: "completed" }, ["response id"]));
    },
  );

  test("fails the stream if the completed response is not an object", () => {
    expect(errorOf({ type: "response.completed", response: "r" })).toEqual({
      kind: "protocol",
      message: "failed to parse ResponseCompleted: invalid type: string, expected struct ResponseCompleted",
    });
  });

  test("has the other fields of the completed response", () => {
    const response = {
      id: "r",
      output: [item],
      end_turn: false,
      service_tier: "priority",
      usage_metadata: { plan: "plus" },
    };
    const told = { endTurn: false, serviceTier: "priority", usageMetadata: { plan: "plus" } };
    expect(decode({ type: "response.completed", response })).toEqual(
      end({ type: "completed", responseId: "r", ...told }, [], [item]),
    );
    const odd = { id: "r", end_turn: "yes", usage_metadata: [], service_tier: 1, output: {} };
    expect(decode({ type: "response.completed", response: odd })).toEqual(end({ type: "completed", responseId: "r" }));
  });

  test.each<[unknown, string]>([
    [{ incomplete_details: { reason: "content_filter" } }, "content_filter"],
    [{ incomplete_details: { reason: "" } }, "unknown"],
    [{ incomplete_details: null }, "unknown"],
    [undefined, "unknown"],
  ])("is an early end with its reason for response.incomplete with %j", (response, reason) => {
    expect(decode({ type: "response.incomplete", response })).toEqual(end({ type: "incomplete", reason }));
  });

  // parity: stream/status-in-completed
  test("is what the status in response.completed says, incomplete or failed", () => {
    const details = { id: "r", usage: { input_tokens: 10, output_tokens: 4, total_tokens: 14 } };
    const incomplete = { ...details, status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    expect(decode({ type: "response.completed", response: incomplete })).toMatchObject({
      outcome: {
        type: "incomplete",
        reason: "max_output_tokens",
        responseId: "r",
        tokenUsage: { totalTokens: 14 },
      },
    });
    const failed = { ...details, status: "failed", error: { code: "context_length_exceeded" } };
    expect(decode({ type: "response.completed", response: failed })).toMatchObject({
      outcome: { error: { kind: "context_window_exceeded" }, responseId: "r" },
    });
  });
});
