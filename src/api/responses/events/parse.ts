import { StreamError } from "../../../client/failure/kinds.ts";
import { isJsonObject, type JsonObject, receivedJson } from "../../wire/json.ts";

/** The parsed event. `none`: not an event, such as `[DONE]` or `ping`. `damaged`: begins like an event but is not valid JSON. */
export type ParsedEvent = JsonObject | "none" | "damaged";

/** `code` of the error for an event that is `damaged`. */
export const DAMAGED_EVENT = "damaged_event";

/** Parses an event's JSON. Numbers that JSON does not have but Python writes (`NaN`, `-Infinity`) become null. */
export function parseEvent(text: string): ParsedEvent {
  const value = receivedJson(text);
  if (isJsonObject(value)) return value;
  return value === undefined && /^\s*\{/.test(text) ? "damaged" : "none";
}

/**
 * The JSON of a wire event, which `raw` and the event `frame` give as text, parsed as this package does: numbers that JSON does not have
 * (`NaN`, `-Infinity`, as Python writes them) are null.
 *
 * @param text - As received; that of a `frame` is `decodeRawData(data)`, of `codex-wire/client`.
 * @returns Undefined if the text is not a JSON object.
 */
export function parseWireEvent(text: string): JsonObject | undefined {
  const event = parseEvent(text);
  return typeof event === "object" ? event : undefined;
}

/** The error for an event that is `damaged`. */
export function damaged(text: string): StreamError {
  return new StreamError(
    `an event of the stream is damaged: it begins as a JSON object and is not valid JSON (${text.length} characters); what it held is lost`,
    { code: DAMAGED_EVENT },
  );
}
