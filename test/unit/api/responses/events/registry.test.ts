import { describe, expect, test } from "vitest";
import type { DecodedEvent } from "../../../../../src/api/responses/events/decoded.ts";
import { serverModelOf } from "../../../../../src/api/responses/events/notices.ts";
import { decodeWireEvent, knownTypes, movesResponse, rowOf } from "../../../../../src/api/responses/events/registry.ts";
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
  if (decoded.type !== "end" || decoded.outcome.type !== "failed") throw new Error(`${decoded.type} is no failure`);
  return { kind: decoded.outcome.error.kind, message: decoded.outcome.error.message };
}

const end = (outcome: object, deviations: readonly string[] = [], output: readonly object[] = []) =>
  ({ type: "end", outcome, output, deviations }) as unknown as DecodedEvent;

describe("decodeWireEvent", () => {
  test.each<[ServerEvent, DecodedEvent]>([
    [
      { type: "response.created", response: { id: "r", model: "m" } },
      { type: "created", responseId: "r", model: "m" },
    ],
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
    [{ type: "response.completed", response: { id: "r" } }, end({ type: "completed", responseId: "r" })],
    [{ type: "response.completed", response: { id: "", usage: null } }, end({ type: "completed" }, ["response id"])],
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
      { type: "metadata", headers: { "X-Codex-Turn-State": "ts" }, turnState: "ts", events: [] },
    ],
    [
      { type: "codex.response.metadata", headers: { "x-models-etag": ["e"], "x-codex-turn-state": "ts" } },
      {
        type: "metadata",
        headers: { "x-models-etag": ["e"], "x-codex-turn-state": "ts" },
        turnState: "ts",
        events: [{ type: "models_etag", etag: "e" }],
      },
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

  // parity: stream/events-of-the-public-api
  const place = { item_id: "i", output_index: 3 };
  const placed = { itemId: "i", outputIndex: 3 };
  test.each<[object, object]>([
    [
      { type: "response.output_text.delta", ...place, content_index: 1, delta: "d", logprobs: [{ token: "d" }] },
      { type: "output_text.delta", ...placed, contentIndex: 1, delta: "d", logprobs: [{ token: "d" }] },
    ],
    [
      { type: "response.output_text.delta", ...place, content_index: 1, delta: "d", logprobs: [] },
      { type: "output_text.delta", ...placed, contentIndex: 1, delta: "d" },
    ],
    [
      { type: "response.reasoning_summary_text.delta", ...place, summary_index: 1, delta: "d" },
      { type: "reasoning_summary_text.delta", ...placed, summaryIndex: 1, delta: "d" },
    ],
    [
      { type: "response.reasoning_summary_text.done", ...place, summary_index: 1, text: "t" },
      { type: "reasoning_summary_text.done", ...placed, summaryIndex: 1, text: "t" },
    ],
    [
      { type: "response.function_call_arguments.delta", ...place, call_id: "c", delta: "d" },
      { type: "function_call_arguments.delta", ...placed, callId: "c", delta: "d" },
    ],
    [
      { type: "response.custom_tool_call_input.delta", ...place, delta: "d" },
      { type: "custom_tool_call_input.delta", ...placed, delta: "d" },
    ],
    [
      { type: "response.refusal.delta", ...place, content_index: 0, delta: "d" },
      { type: "refusal.delta", ...placed, contentIndex: 0, delta: "d" },
    ],
    [
      {
        type: "response.output_text.annotation.added",
        ...place,
        content_index: 0,
        annotation_index: 2,
        annotation: { type: "url_citation" },
      },
      {
        type: "output_text.annotation.added",
        ...placed,
        contentIndex: 0,
        annotationIndex: 2,
        annotation: { type: "url_citation" },
      },
    ],
    [
      { type: "response.output_item.done", output_index: 3, item },
      { type: "output_item.done", outputIndex: 3, item },
    ],
  ])("says where an event belongs: %j", (event, expected) => {
    expect(decode(event)).toEqual(expected);
  });

  // parity: stream/missing-indices
  test.each<[object, object]>([
    [
      { type: "response.reasoning_summary_text.delta", delta: "d" },
      { type: "reasoning_summary_text.delta", delta: "d" },
    ],
    [
      { type: "response.reasoning_text.delta", delta: "d", content_index: 1.5 },
      { type: "reasoning_text.delta", delta: "d" },
    ],
    [{ type: "response.reasoning_summary_part.added", summary_index: "0" }, { type: "reasoning_summary_part.added" }],
    [
      { type: "response.output_text.delta", delta: "d", item_id: "", output_index: null },
      { type: "output_text.delta", delta: "d" },
    ],
    [{ type: "response.created", response: {} }, { type: "created" }],
  ])("does without a place or a name that is missing: %j", (event, expected) => {
    expect(decode(event)).toEqual(expected);
  });

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
    ["that is no object", true, undefined, false],
    ["that is empty", {}, undefined, false],
    ["that is none", null, undefined, true],
  ])("reads the usage of a completed response %s as far as it goes", (_, given, tokenUsage, isRegular) => {
    expect(decode({ type: "response.completed", response: { id: "r", usage: given } })).toEqual(
      end({ type: "completed", responseId: "r", ...(tokenUsage ? { tokenUsage } : {}) }, isRegular ? [] : ["usage"]),
    );
  });

  // parity: stream/id-may-be-missing
  test.each<[unknown]>([[{}], [{ id: 5 }], [{ id: null }], [null], [undefined]])(
    "takes a completed response without an id for complete: %j",
    (response) => {
      expect(decode({ type: "response.completed", response })).toEqual(end({ type: "completed" }, ["response id"]));
    },
  );

  test("fails the stream when the completed response is no object", () => {
    expect(errorOf({ type: "response.completed", response: "r" })).toEqual({
      kind: "protocol",
      message: "failed to parse ResponseCompleted: invalid type: string, expected struct ResponseCompleted",
    });
  });

  test("tells with the end what else the whole says", () => {
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
  ])("makes response.incomplete with %j an early end with its reason", (response, reason) => {
    expect(decode({ type: "response.incomplete", response })).toEqual(end({ type: "incomplete", reason }));
  });

  // parity: stream/status-in-completed
  test("a completed response that says incomplete or failed is what it says", () => {
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
    [{ detail: "boom" }, "retryable"],
    [{ detail: [{ msg: "boom" }] }, "retryable"],
    [{ code: 500, details: "boom" }, "retryable"],
    [{ code: "invalid_request", message: "boom" }, "retryable"],
    [{ message: "Internal server error", connectionId: "c", requestId: "r" }, "retryable"],
    [{ error: "boom", message: "It went wrong." }, "retryable"],
    [{ statusCode: 502, message: "boom", error: "Bad Gateway" }, "http"],
    [{ errors: [{ message: "boom" }] }, "retryable"],
    [{ type: null, message: "boom" }, "retryable"],
    [{ type: "", detail: "boom" }, "retryable"],
  ])("fails it on a gateway's error without a type: %j", (event, kind) => {
    expect(decode(event)).toMatchObject({ type: "end", outcome: { type: "failed", error: { kind } } });
  });

  // parity: error/type-of-gateways
  test.each([
    [{ object: "error", type: "BadRequestError", message: "boom", param: null, code: 400 }, "invalid_request"],
    [{ object: "error", type: "NotFoundError", message: "boom", code: 404 }, "http"],
    [{ object: "error", type: "whatever", message: null }, "retryable"],
    [{ type: "RateLimitError", message: "boom", code: 429 }, "rate_limit"],
    [{ type: "litellm.exceptions.InternalServerError", message: "boom" }, "retryable"],
    [{ type: "invalid_request_error", message: "boom", code: null }, "invalid_request"],
    [{ type: "insufficient_quota", message: "boom" }, "quota_exceeded"],
    [{ type: "upstream", error: { message: "boom" } }, "retryable"],
    [{ type: "upstream", error: "boom" }, "retryable"],
    [{ type: "ValidationError", detail: [{ msg: "boom" }] }, "retryable"],
    [{ type: "problem", status: 503, message: "boom" }, "http"],
    [{ type: "about:blank", title: "boom", status: 502 }, "http"],
    [{ type: "https://example.test/problems/busy", detail: "boom", status: "429" }, "rate_limit"],
  ])("fails it on a gateway's error with a type of its own: %j", (event, kind) => {
    const error = errorOf(event as ServerEvent);
    expect(error.kind).toBe(kind);
    if (JSON.stringify(event).includes("boom")) expect(error.message).toContain("boom");
  });

  // parity: error/type-of-gateways
  test.each([
    { type: "response.notice", message: "boom" },
    { type: "response.mcp_call.failed", error: { message: "boom" } },
    { type: "codex.notice", message: "boom", code: 400, status: 400, object: "error" },
    { type: "service.rate_limit_error", message: "boom" },
    { type: "notice", message: "boom" },
    { type: "notice", message: "boom", code: "deprecated_model", error: null },
    { type: "notice", message: "boom", status: "in_progress", detail: null },
    { type: "keepalive", message: "boom" },
    { type: "error_count", count: 5 },
    { type: "BadRequestError" },
  ])("skips %j, an event that the service may have added, as unknown", (event) => {
    expect(decode(event)).toEqual({ type: "skipped", reason: "unknown type" });
  });

  test.each<object>([
    { type: "response.created" },
    { type: "response.created", response: null },
    { type: "response.output_item.added" },
    { type: "response.output_item.done", item: {} },
    { type: "response.output_item.done", item: "message" },
    { type: "response.output_text.delta" },
    { type: "response.output_text.delta", delta: 5 },
    { type: "response.reasoning_summary_text.delta", summary_index: 0 },
    { type: "response.reasoning_text.delta", content_index: 1 },
    {},
    { code: 5 },
  ])("skips %j for its missing field", (event) => {
    expect(decode(event)).toEqual({ type: "skipped", reason: "missing field" });
  });

  test.each<object>([
    { type: "response.in_progress", response: {} },
    { type: "brand_new" },
    { type: "" },
    { type: 7 },
    { type: "constructor" },
  ])("skips %j as unknown", (event) => {
    expect(decode(event)).toEqual({ type: "skipped", reason: "unknown type" });
  });
});

describe("what moves a response", () => {
  test.each<[boolean, unknown]>([
    [true, "response.output_text.delta"],
    [true, "response.web_search_call.searching"],
    [true, "response.completed"],
    [false, "response.in_progress"],
    [false, "response.queued"],
    [false, "response.keepalive"],
    [false, "keepalive"],
    [false, "ping"],
    [false, "codex.rate_limits"],
    [false, "response.metadata"],
    [false, undefined],
    [false, 7],
  ])("%s: %s", (moves, type) => {
    expect(movesResponse(type)).toBe(moves);
  });

  test("what ends it does, and is of the reference", () => {
    const ends = knownTypes().filter((type) => rowOf(type)?.ends);
    expect(ends).toEqual(["response.completed", "response.failed", "response.incomplete", "error"]);
    for (const type of ends) expect(rowOf(type)).toMatchObject({ moves: true, since: "march" });
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
