import { describe, expect, test } from "vitest";
import type { DecodedEvent } from "../../../../../src/api/responses/events/decoded.ts";
import { knownTypes, movesResponse, rowOf } from "../../../../../src/api/responses/events/registry.ts";
import type { JsonObject } from "../../../../../src/api/wire/json.ts";
import { decode, end, item } from "./support.ts";

describe("decodeWireEvent", () => {
  test.each<[JsonObject, DecodedEvent]>([
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
  test("passes an item on whole, whatever is new in it", () => {
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
  ])("decodes an event without its place or ids: %j", (event, expected) => {
    expect(decode(event)).toEqual(expected);
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
  ])("skips %j, which lacks a field", (event) => {
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

describe("progress of a response", () => {
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

  test("comes from each event that ends it, all of which the reference knows", () => {
    const ends = knownTypes().filter((type) => rowOf(type)?.ends);
    expect(ends).toEqual(["response.completed", "response.failed", "response.incomplete", "error"]);
    for (const type of ends) expect(rowOf(type)).toMatchObject({ moves: true, since: "march" });
  });
});
