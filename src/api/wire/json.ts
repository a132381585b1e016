import { BuildError } from "../../client/failure/kinds.ts";
import { thrownMessage } from "../../client/failure/thrown-text.ts";

/** A JSON object with unknown fields. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is an object. */
export function objectOf(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** A field of a value; undefined if the value is not an object. */
export function fieldOf(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}

/** The value if it is a text that is not empty: some services send an empty id if they have none. */
export function filled(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The id of an object, unless it is empty. */
export function idIn(value: unknown): string | undefined {
  return filled(fieldOf(value, "id"));
}

/** The value without the white space around it, if it is a text that is not blank. */
export function trimmed(value: unknown): string | undefined {
  return typeof value === "string" ? value.trim() || undefined : undefined;
}

/** The value if it is a string. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

const WRITTEN_NUMBER = /^\d{1,15}(?:\.\d{1,15})?$/;

/** The value if it is a number, or a text that is one, as some gateways write them. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "string" && WRITTEN_NUMBER.test(value)) return Number(value);
  return typeof value === "number" ? value : undefined;
}

/** Undefined if the text is not JSON or not an object. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const NO_NUMBER = /NaN|Infinity/;
/**
 * Matches strings, so that nothing inside one is taken for a number, and the numbers to replace. An unterminated string extends to the end,
 * so no place is read twice.
 */
const TEXT_OR_NO_NUMBER = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|-?\b(?:NaN|Infinity)\b/g;

/**
 * What a server wrote as JSON, after a byte order mark or not. Numbers that JSON does not have but Python writes (`NaN`, `-Infinity`)
 * become null. Undefined if it is no JSON.
 */
export function receivedJson(received: string): unknown {
  const text = received.startsWith("\uFEFF") ? received.slice(1) : received;
  const value = parsed(text);
  return value === undefined && NO_NUMBER.test(text) ? parsed(withoutOddNumbers(text)) : value;
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

/** Undefined for a value that is nested too deep: parsing has no limit for depth, serializing has. */
export function writtenJson(parsed: unknown): string | undefined {
  try {
    return JSON.stringify(parsed);
  } catch {
    return undefined;
  }
}

/**
 * Adds to a typed event the JSON that it was made from, as `raw`. It is not enumerable, so a log does not contain everything twice; a copy
 * of the event lacks it.
 *
 * @returns The event itself.
 */
export function withRaw<Event extends object>(event: Event, raw: JsonObject | undefined): Event {
  return Object.defineProperty(event, "raw", { value: raw, configurable: true });
}

/**
 * @param replacer - As of `JSON.stringify`.
 * @throws {@link BuildError} The value cannot be written as JSON: it contains itself or a bigint, or is a function.
 */
export function jsonText(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  const text = fromCaller(() => JSON.stringify(value, replacer));
  if (text === undefined)
    throw new BuildError("the request body cannot be written as JSON: it is a function or a symbol");
  return text;
}

/**
 * What `read` makes of values of the caller.
 *
 * @throws {@link BuildError} One of them cannot be read: a getter throws, or a proxy has been revoked (a draft of immer, after its end).
 */
export function fromCaller<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof BuildError) throw cause;
    throw new BuildError(`the request body cannot be written as JSON: ${thrownMessage(cause).replace(/\n.*/s, "")}`);
  }
}
