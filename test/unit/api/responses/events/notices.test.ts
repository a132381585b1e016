import { describe, expect, test } from "vitest";
import { ResponseReader, type ResponseSink } from "../../../../../src/api/responses/reader.ts";
import type { HeaderMap } from "../../../../../src/client/headers.ts";
import { silentLogger } from "../../../../../src/client/observe/log.ts";
import type { SkippedEvent } from "../../../../../src/client/observe/telemetry.ts";

const ENABLED = "x-codex-safety-buffering-enabled";
const FASTER = "x-codex-safety-buffering-faster-model";

/** What a reader returns for some events. */
function read(events: readonly object[], headers: HeaderMap = {}, wireEvents = false) {
  const emitted: object[] = [];
  const skipped: SkippedEvent[] = [];
  const sink: ResponseSink = {
    event: (event) => void emitted.push(event),
    deltas: ({ events }) => void emitted.push(...events),
    whole: (done) => done,
    completed() {},
    failed(error) {
      throw error;
    },
    broke(error) {
      throw error;
    },
  };
  const reader = new ResponseReader(sink, "http", {
    wireEvents,
    headers,
    telemetry: { onSkippedEvent: (event) => void skipped.push(event) },
    logger: silentLogger,
  });
  for (const event of events) reader.read(JSON.stringify(event));
  return { emitted, skipped };
}

describe("events beside the answer", () => {
  test.each<[string, object, object[]]>([
    [
      "a tool's input as it is written",
      { type: "response.custom_tool_call_input.delta", item_id: "ctc_1", call_id: "call_1", delta: "*** Beg" },
      [{ type: "custom_tool_call_input.delta", itemId: "ctc_1", callId: "call_1", delta: "*** Beg" }],
    ],
    [
      "a call without an item's id",
      { type: "response.custom_tool_call_input.delta", call_id: "call_1", delta: "x" },
      [{ type: "custom_tool_call_input.delta", callId: "call_1", delta: "x" }],
    ],
    [
      "an item without a call",
      { type: "response.custom_tool_call_input.delta", item_id: "ctc_1", delta: "" },
      [{ type: "custom_tool_call_input.delta", itemId: "ctc_1", delta: "" }],
    ],
    [
      "a whole part of the reasoning summary",
      { type: "response.reasoning_summary_text.done", item_id: "rs_1", output_index: 0, summary_index: 2, text: "So." },
      [{ type: "reasoning_summary_text.done", itemId: "rs_1", outputIndex: 0, text: "So.", summaryIndex: 2 }],
    ],
    [
      "verifications, without duplicates and unknown ones",
      {
        type: "response.metadata",
        metadata: {
          openai_verification_recommendation: ["trusted_access_for_cyber", "new", 7, "trusted_access_for_cyber"],
        },
      },
      [{ type: "model_verifications", verifications: ["trusted_access_for_cyber"] }],
    ],
    [
      "moderation, as received",
      { type: "response.metadata", metadata: { openai_chatgpt_moderation_metadata: { presentation: "inline" } } },
      [{ type: "turn_moderation_metadata", metadata: { presentation: "inline" } }],
    ],
    [
      "both from one event, and the event's own content",
      {
        type: "codex.response.metadata",
        headers: { "X-Models-Etag": '"e"' },
        metadata: {
          openai_verification_recommendation: ["trusted_access_for_cyber"],
          openai_chatgpt_moderation_metadata: null,
        },
      },
      [
        { type: "model_verifications", verifications: ["trusted_access_for_cyber"] },
        { type: "turn_moderation_metadata", metadata: null },
        { type: "models_etag", etag: '"e"' },
      ],
    ],
    [
      "buffering, before the event that reports it",
      {
        type: "response.created",
        response: {},
        safety_buffering: { use_cases: ["cyber", 1], reasons: ["policy"], retry_model: "quick" },
      },
      [
        {
          type: "safety_buffering",
          useCases: ["cyber"],
          reasons: ["policy"],
          showBufferingUi: true,
          fasterModel: "quick",
        },
        { type: "created" },
      ],
    ],
    [
      "buffering in an event without other content",
      { type: "response.in_progress", safety_buffering: { reasons: "x" } },
      [{ type: "safety_buffering", useCases: [], reasons: [], showBufferingUi: true }],
    ],
    [
      "completed with its new fields",
      {
        type: "response.completed",
        response: { id: "r", end_turn: false, usage_metadata: { plan: "plus" } },
      },
      [{ type: "completed", responseId: "r", endTurn: false, usageMetadata: { plan: "plus" } }],
    ],
    [
      "completed without fields of a wrong type",
      { type: "response.completed", response: { id: "r", end_turn: "yes", usage_metadata: [] } },
      [{ type: "completed", responseId: "r" }],
    ],
  ])("%s", (_what, event, expected) => {
    const { emitted, skipped } = read([event], {}, true);
    expect(emitted).toEqual(expected);
    expect(skipped).toEqual([]);
  });

  test.each<object>([
    { type: "response.custom_tool_call_input.delta", item_id: "i" },
    { type: "response.metadata", metadata: { openai_verification_recommendation: ["new"] } },
    { type: "response.metadata", metadata: [] },
    { type: "response.in_progress", safety_buffering: true },
  ])("leave out what is malformed: %j", (event) => {
    const { emitted, skipped } = read([event], {});
    expect(emitted).toEqual([]);
    expect(skipped).toHaveLength(1);
  });

  test.each<[string, object, string | undefined]>([
    ["the header's", {}, "of the header"],
    ["the event's own", { faster_model: "own", retry_model: "earlier" }, "own"],
    ["the event's own under its earlier name", { retry_model: "own" }, "own"],
    ["none if the event has none", { faster_model: null }, undefined],
    ["none if the event has none under the earlier name", { retry_model: null }, undefined],
  ])("the faster model is %s", (_which, told, expected) => {
    const event = { type: "response.in_progress", safety_buffering: told };
    const { emitted } = read([event], { [FASTER]: "of the header" });
    expect(emitted).toMatchObject([{ type: "safety_buffering" }]);
    expect((emitted[0] as { fasterModel?: string }).fasterModel).toBe(expected);
  });

  test.each<[string, object, string | undefined, boolean]>([
    ["as the event says: no", { show_buffering_ui: false }, "true", false],
    ["as the event says: yes", { show_buffering_ui: true }, "false", true],
    ["as the header says: no", {}, "False", false],
    ["as the header says: yes", { show_buffering_ui: "no" }, "1", true],
    ["by default", {}, undefined, true],
  ])("showing it to the user is decided", (_who, told, enabled, expected) => {
    const event = { type: "response.in_progress", safety_buffering: told };
    const ofHeader = enabled === undefined ? {} : { [ENABLED]: enabled };
    const shown = [{ type: "safety_buffering", showBufferingUi: expected }];
    expect(read([event], ofHeader).emitted).toMatchObject(shown);
    const metadata = { type: "response.metadata", headers: ofHeader };
    expect(read([metadata, event], {}).emitted).toMatchObject(shown);
  });

  test("the faster model can be in an event, if an answer has no headers of its own", () => {
    const { emitted } = read(
      [
        { type: "codex.response.metadata", headers: { "X-Codex-Safety-Buffering-Faster-Model": ["quick"] } },
        { type: "response.in_progress", safety_buffering: {} },
      ],
      { [FASTER]: "of the handshake" },
    );
    expect(emitted).toMatchObject([{ fasterModel: "quick" }]);
  });
});
