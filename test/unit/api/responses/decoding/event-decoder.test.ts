import { describe, expect, test } from "vitest";
import {
  type DecodedEvent,
  decodeWireEvent,
  serverModelOf,
} from "../../../../../src/api/responses/decoding/event-decoder.ts";
import type { ServerEvent } from "../../../../../src/api/wire/events.ts";
import type { JsonObject } from "../../../../../src/api/wire/json.ts";

const usage = { input_tokens: 10, output_tokens: 4, total_tokens: 14 };
const item = { type: "message" as const, role: "assistant", content: [], phase: "x", new_field: 1 };

/** Through JSON, as every event comes. */
function decode(event: object): DecodedEvent {
  const text = JSON.stringify(event);
  return decodeWireEvent(JSON.parse(text) as JsonObject, text);
}

function errorOf(event: object): { kind: string; message: string } {
  const decoded = decode(event);
  if (decoded.type !== "failed") throw new Error(`${decoded.type} is no failure`);
  return { kind: decoded.error.kind, message: decoded.error.message };
}

describe("decodeWireEvent", () => {
  test.each<[ServerEvent, DecodedEvent]>([
    [{ type: "response.created", response: { id: "r" } }, { type: "created" }],
    [
      { type: "response.output_item.added", item },
      { type: "output_item.added", item },
    ],
    [
      { type: "response.output_item.done", item },
      { type: "output_item.done", item },
    ],
    [
      { type: "response.output_text.delta", delta: "" },
      { type: "output_text.delta", delta: "" },
    ],
    [
      { type: "response.reasoning_summary_text.delta", delta: "d", summary_index: 0 },
      { type: "reasoning_summary_text.delta", delta: "d", summaryIndex: 0 },
    ],
    [
      { type: "response.reasoning_text.delta", delta: "d", content_index: 2 },
      { type: "reasoning_text.delta", delta: "d", contentIndex: 2 },
    ],
    [
      { type: "response.reasoning_summary_part.added", summary_index: 1 },
      { type: "reasoning_summary_part.added", summaryIndex: 1 },
    ],
    [
      { type: "response.completed", response: { id: "r" } },
      { type: "completed", responseId: "r" },
    ],
    [
      { type: "response.completed", response: { id: "", usage: null } },
      { type: "completed", responseId: "" },
    ],
    [
      {
        type: "codex.rate_limits",
        plan_type: "plus",
        rate_limits: { primary: { used_percent: 5, window_minutes: 300, reset_at: 9 } },
      },
      {
        type: "rate_limits",
        snapshot: { limitId: "codex", planType: "plus", primary: { usedPercent: 5, windowMinutes: 300, resetsAt: 9 } },
      },
    ],
    [
      { type: "response.metadata", headers: { "X-Codex-Turn-State": "ts" } },
      { type: "metadata", turnState: "ts" },
    ],
    [
      { type: "codex.response.metadata", headers: { "x-models-etag": ["e"], "x-codex-turn-state": "ts" } },
      { type: "metadata", turnState: "ts", modelsEtag: "e" },
    ],
  ])("decodes %j", (event, expected) => {
    expect(decode(event)).toEqual(expected);
  });

  // parity: items/unknown-kept
  test("hands an item on whole, whatever is new in it", () => {
    const unknown = { type: "brand_new", a: { b: 1 } };
    expect(decode({ type: "response.output_item.done", item: unknown })).toEqual({
      type: "output_item.done",
      item: unknown,
    });
  });

  test.each<[string, object, object]>([
    [
      "with both details",
      { ...usage, input_tokens_details: { cached_tokens: 3 }, output_tokens_details: { reasoning_tokens: 2 } },
      { cachedInputTokens: 3, reasoningOutputTokens: 2 },
    ],
    ["without details", usage, { cachedInputTokens: 0, reasoningOutputTokens: 0 }],
    [
      "with null details",
      { ...usage, input_tokens_details: null, output_tokens_details: null },
      { cachedInputTokens: 0, reasoningOutputTokens: 0 },
    ],
    [
      "with empty details",
      { ...usage, input_tokens_details: {}, output_tokens_details: {} },
      { cachedInputTokens: 0, reasoningOutputTokens: 0 },
    ],
  ])("reads the usage of a completed response %s", (_, given, details) => {
    expect(decode({ type: "response.completed", response: { id: "r", usage: given } })).toEqual({
      type: "completed",
      responseId: "r",
      tokenUsage: { inputTokens: 10, outputTokens: 4, totalTokens: 14, ...details },
    });
  });

  test.each<[unknown, string]>([
    [{}, "missing field `id`"],
    [{ id: 5 }, "invalid type: integer `5`, expected a string"],
    [{ id: null }, "invalid type: null, expected a string"],
    ["r", "invalid type: string, expected struct ResponseCompleted"],
    [{ id: "r", usage: true }, "invalid type: boolean `true`, expected struct ResponseCompletedUsage"],
    [{ id: "r", usage: { output_tokens: 1, total_tokens: 1 } }, "missing field `input_tokens`"],
    [{ id: "r", usage: { input_tokens: 1, total_tokens: 1 } }, "missing field `output_tokens`"],
    [{ id: "r", usage: { input_tokens: 1, output_tokens: 1 } }, "missing field `total_tokens`"],
    [{ id: "r", usage: { ...usage, total_tokens: "14" } }, "invalid type: string, expected i64"],
    [{ id: "r", usage: { ...usage, input_tokens: 1.5 } }, "invalid type: floating point `1.5`, expected i64"],
  ])("fails the stream when the completed response is %j", (response, why) => {
    expect(errorOf({ type: "response.completed", response })).toEqual({
      kind: "protocol",
      message: `failed to parse ResponseCompleted: ${why}`,
    });
  });

  test.each<[unknown, string]>([
    [{ incomplete_details: { reason: "content_filter" } }, "content_filter"],
    [{ incomplete_details: { reason: "" } }, "unknown"],
    [{ incomplete_details: null }, "unknown"],
    [undefined, "unknown"],
  ])("makes response.incomplete with %j an early end with its reason", (response, reason) => {
    expect(decode({ type: "response.incomplete", response })).toEqual({ type: "incomplete", reason });
  });

  // parity: stream/status-in-completed
  test("a completed response that says incomplete or failed is what it says", () => {
    const details = { id: "r", usage: { input_tokens: 10, output_tokens: 4, total_tokens: 14 } };
    const incomplete = { ...details, status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    expect(decode({ type: "response.completed", response: incomplete })).toMatchObject({
      type: "incomplete",
      reason: "max_output_tokens",
      responseId: "r",
      tokenUsage: { totalTokens: 14 },
    });
    const failed = { ...details, status: "failed", error: { code: "context_length_exceeded" } };
    expect(decode({ type: "response.completed", response: failed })).toMatchObject({
      error: { kind: "context_window_exceeded" },
      responseId: "r",
    });
  });

  test.each<[ServerEvent, string]>([
    [
      { type: "response.failed", response: { id: "r", error: { code: "context_length_exceeded" } } },
      "context_window_exceeded",
    ],
    [{ type: "response.failed", response: { id: "r" } }, "stream"],
    [{ type: "error", error: { type: "insufficient_quota", code: "insufficient_quota" } }, "quota_exceeded"],
    [{ type: "error", code: "server_error", message: "boom" }, "retryable"],
  ])("fails the stream at once on %j", (event, kind) => {
    expect(errorOf(event).kind).toBe(kind);
  });

  test.each([
    [{ error: { message: "no credit", type: "insufficient_quota", code: null } }, "quota_exceeded"],
    [{ error: { message: "boom", type: "None", param: "None", code: "500" } }, "retryable"],
  ])("fails it on a gateway's error without a type: %j", (event, kind) => {
    expect(decode(event)).toMatchObject({ type: "failed", error: { kind } });
  });

  test.each<object>([
    { type: "response.created" },
    { type: "response.created", response: null },
    { type: "response.completed" },
    { type: "response.completed", response: null },
    { type: "response.output_item.added" },
    { type: "response.output_item.done", item: {} },
    { type: "response.output_item.done", item: "message" },
    { type: "response.output_text.delta" },
    { type: "response.output_text.delta", delta: 5 },
    { type: "response.reasoning_summary_text.delta", delta: "d" },
    { type: "response.reasoning_summary_text.delta", summary_index: 0 },
    { type: "response.reasoning_text.delta", delta: "d", content_index: 1.5 },
    { type: "response.reasoning_text.delta", content_index: 1 },
    { type: "response.reasoning_summary_part.added", summary_index: "0" },
    {},
  ])("skips %j for its missing field", (event) => {
    expect(decode(event)).toEqual({ type: "skipped", reason: "missing field" });
  });

  test.each<object>([
    { type: "response.in_progress", response: {} },
    { type: "response.output_text.done", text: "" },
    { type: "response.metadata" },
    { type: "response.metadata", metadata: { openai_verification_recommendation: [] } },
    { type: "codex.response.metadata", headers: { "openai-model": "m" } },
    { type: "brand_new" },
    { type: "" },
    { type: 7 },
    { type: "constructor" },
  ])("skips %j as unknown", (event) => {
    expect(decode(event)).toEqual({ type: "skipped", reason: "unknown type" });
  });
});

describe("serverModelOf", () => {
  test.each<[string, object, string | undefined]>([
    ["the response's headers", { response: { headers: { "openai-model": "a" } } }, "a"],
    ["the event's own headers", { headers: { "openai-model": "a" } }, "a"],
    [
      "the response's headers first",
      { response: { headers: { "openai-model": "a" } }, headers: { "openai-model": "b" } },
      "a",
    ],
    [
      "the event's own headers where the response's have none",
      { response: { headers: { x: "a" } }, headers: { "openai-model": "b" } },
      "b",
    ],
    ["the name with x-", { headers: { "x-openai-model": "a" } }, "a"],
    ["a name in any case", { headers: { "OpenAI-Model": "a" } }, "a"],
    ["the first text of a list", { headers: { "openai-model": [5, "a", "b"] } }, "a"],
    ["a second spelling where the first holds no text", { headers: { "openai-model": 5, "X-OpenAI-Model": "a" } }, "a"],
    ["nothing in an empty list", { headers: { "openai-model": [] } }, undefined],
    ["nothing in response.model", { response: { model: "a" } }, undefined],
    ["nothing without headers", { type: "response.output_text.delta", delta: "d" }, undefined],
    ["nothing in headers that are none", { response: "r", headers: ["openai-model"] }, undefined],
  ])("finds %s", (_, event, expected) => {
    expect(serverModelOf(event as JsonObject)).toBe(expected);
  });
});
