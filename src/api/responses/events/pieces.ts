import { filled, isJsonObject, type JsonObject } from "../../wire/json.ts";
import { type DecodedEvent, MISSING_FIELD } from "./decoded.ts";
import { indexOf, placeOf, told } from "./fields.ts";

/** Deltas of items: of texts, of reasoning, of tool calls. A delta without an index or id is still delivered. */

export function outputTextDelta(event: JsonObject): DecodedEvent {
  const { delta, content_index, logprobs } = event;
  if (typeof delta !== "string") return MISSING_FIELD;
  return {
    type: "output_text.delta",
    delta,
    ...placeOf(event),
    // The service sends an empty list if no log probabilities were requested.
    ...told({ contentIndex: indexOf(content_index), logprobs: isFilledList(logprobs) ? logprobs : undefined }),
  };
}

export function summaryTextDelta(event: JsonObject): DecodedEvent {
  const { delta } = event;
  if (typeof delta !== "string") return MISSING_FIELD;
  return { type: "reasoning_summary_text.delta", delta, ...summaryPlaceOf(event) };
}

export function summaryTextDone(event: JsonObject): DecodedEvent {
  const { text } = event;
  if (typeof text !== "string") return MISSING_FIELD;
  return { type: "reasoning_summary_text.done", text, ...summaryPlaceOf(event) };
}

export function summaryPartAdded(event: JsonObject): DecodedEvent {
  return { type: "reasoning_summary_part.added", ...summaryPlaceOf(event) };
}

export function reasoningTextDelta(event: JsonObject): DecodedEvent {
  const { delta } = event;
  if (typeof delta !== "string") return MISSING_FIELD;
  return { type: "reasoning_text.delta", delta, ...contentPlaceOf(event) };
}

export function argumentsDelta(event: JsonObject): DecodedEvent {
  return callPiece("function_call_arguments.delta", event);
}

export function toolInputDelta(event: JsonObject): DecodedEvent {
  return callPiece("custom_tool_call_input.delta", event);
}

export function refusalDelta(event: JsonObject): DecodedEvent {
  const { delta } = event;
  if (typeof delta !== "string") return MISSING_FIELD;
  return { type: "refusal.delta", delta, ...contentPlaceOf(event) };
}

export function annotationAdded(event: JsonObject): DecodedEvent {
  const { annotation, annotation_index } = event;
  if (!isJsonObject(annotation)) return MISSING_FIELD;
  const annotationIndex = indexOf(annotation_index);
  return { type: "output_text.annotation.added", annotation, ...contentPlaceOf(event), ...told({ annotationIndex }) };
}

function callPiece(
  type: "function_call_arguments.delta" | "custom_tool_call_input.delta",
  event: JsonObject,
): DecodedEvent {
  const { delta, call_id } = event;
  if (typeof delta !== "string") return MISSING_FIELD;
  return { type, delta, ...placeOf(event), ...told({ callId: filled(call_id) }) };
}

/** Where a piece of a message or of reasoning belongs, as far as the event says. */
export function contentPlaceOf(event: JsonObject) {
  return { ...placeOf(event), ...told({ contentIndex: indexOf(event.content_index) }) };
}

export function summaryPlaceOf(event: JsonObject) {
  return { ...placeOf(event), ...told({ summaryIndex: indexOf(event.summary_index) }) };
}

function isFilledList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}
