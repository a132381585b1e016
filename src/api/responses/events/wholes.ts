import { filled, isJsonObject, type JsonObject, textOf } from "../../wire/json.ts";
import { type DecodedEvent, UNKNOWN_TYPE } from "./decoded.ts";
import { placeOf, told } from "./fields.ts";
import { contentPlaceOf, summaryPlaceOf } from "./pieces.ts";

/** Events that repeat a text in full after its deltas. Where there were none, the text is equal to one delta. */

export function outputText(event: JsonObject): DecodedEvent {
  return { type: "whole_text", piece: { type: "output_text.delta", ...words(event.text), ...contentPlaceOf(event) } };
}

export function refusal(event: JsonObject): DecodedEvent {
  return { type: "whole_text", piece: { type: "refusal.delta", ...words(event.refusal), ...contentPlaceOf(event) } };
}

export function reasoningText(event: JsonObject): DecodedEvent {
  const place = contentPlaceOf(event);
  return { type: "whole_text", piece: { type: "reasoning_text.delta", ...words(event.text), ...place } };
}

export function contentPart(event: JsonObject): DecodedEvent {
  const { part } = event;
  if (!isJsonObject(part)) return UNKNOWN_TYPE;
  const { text, refusal: refused } = part;
  switch (part.type) {
    case "output_text":
    case "text":
      return outputText({ ...event, text });
    case "refusal":
      return refusal({ ...event, refusal: refused });
    case "reasoning_text":
      return reasoningText({ ...event, text });
    default:
      return UNKNOWN_TYPE;
  }
}

export function summaryPart(event: JsonObject): DecodedEvent {
  const { part } = event;
  if (!isJsonObject(part)) return UNKNOWN_TYPE;
  const place = summaryPlaceOf(event);
  return { type: "whole_text", piece: { type: "reasoning_summary_text.delta", ...words(part.text), ...place } };
}

export function callArguments(event: JsonObject): DecodedEvent {
  return {
    type: "whole_text",
    piece: { type: "function_call_arguments.delta", ...words(event.arguments), ...callPlaceOf(event) },
  };
}

export function toolInput(event: JsonObject): DecodedEvent {
  return {
    type: "whole_text",
    piece: { type: "custom_tool_call_input.delta", ...words(event.input), ...callPlaceOf(event) },
  };
}

function words(text: unknown): { readonly delta: string } {
  return { delta: textOf(text) ?? "" };
}

function callPlaceOf(event: JsonObject) {
  return { ...placeOf(event), ...told({ callId: filled(event.call_id) }) };
}
