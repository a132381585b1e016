import { BuildError } from "../../client/failure/kinds.ts";

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined for what is no JSON, or JSON and no object. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined for a value that is nested too deep: reading takes any depth, writing does not. */
export function writtenJson(parsed: unknown): string | undefined {
  try {
    return JSON.stringify(parsed);
  } catch {
    return undefined;
  }
}

/**
 * Gives a typed event the JSON that it was made of, as `raw`. It is not enumerable, so that a log has nothing twice; a copy of the event lacks it.
 *
 * @returns The event itself.
 */
export function withRaw<Event extends object>(event: Event, raw: JsonObject | undefined): Event {
  return Object.defineProperty(event, "raw", { value: raw, configurable: true });
}

/** @throws {@link BuildError} No JSON can be made of the value: it holds itself, a bigint, or is a function. */
export function jsonText(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new BuildError(`the request body cannot be written as JSON: ${firstLine(cause)}`);
  }
  if (text === undefined)
    throw new BuildError("the request body cannot be written as JSON: it is a function or a symbol");
  return text;
}

function firstLine(cause: unknown): string {
  return String(cause instanceof Error ? cause.message : cause).split("\n", 1)[0] ?? "";
}
