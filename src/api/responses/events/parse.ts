import { isJsonObject, type JsonObject } from "../../wire/json.ts";

/** What came as an event: one; `none`, a line that is none, such as `[DONE]` or `ping`; `damaged`, the beginning of one that is no JSON. */
export type ParsedEvent = JsonObject | "none" | "damaged";

const NO_NUMBER = /NaN|Infinity/;
/** A text, so that nothing inside it is taken for a number, or such a number. An unfinished text goes to the end: no place is read twice. */
const TEXT_OR_NO_NUMBER = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|-?\b(?:NaN|Infinity)\b/g;

/** Reads an event's JSON. Numbers that JSON does not have, as Python writes them (`NaN`, `-Infinity`), are read as null. */
export function parseEvent(text: string): ParsedEvent {
  const value = parsed(text) ?? (NO_NUMBER.test(text) ? parsed(withoutOddNumbers(text)) : undefined);
  if (isJsonObject(value)) return value;
  return value === undefined && /^\s*\{/.test(text) ? "damaged" : "none";
}

function withoutOddNumbers(text: string): string {
  return text.replace(TEXT_OR_NO_NUMBER, (found) => (found.startsWith('"') ? found : "null"));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
