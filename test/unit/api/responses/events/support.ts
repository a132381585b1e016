import type { DecodedEvent } from "../../../../../src/api/responses/events/decoded.ts";
import { decodeWireEvent } from "../../../../../src/api/responses/events/registry.ts";
import type { JsonObject } from "../../../../../src/api/wire/json.ts";

/** An item with a field that nobody knows. */
export const item = { type: "message" as const, role: "assistant", content: [], phase: "x", new_field: 1 };

/** Decodes an event from its JSON, as it is received. */
export function decode(event: object): DecodedEvent {
  const text = JSON.stringify(event);
  return decodeWireEvent(JSON.parse(text) as JsonObject, text);
}

/** The error with which an event ends the response. */
export function errorOf(event: object): { kind: string; message: string } {
  const decoded = decode(event);
  if (decoded.type !== "end" || decoded.outcome.type !== "failed") throw new Error(`${decoded.type} is no failure`);
  return { kind: decoded.outcome.error.kind, message: decoded.outcome.error.message };
}

/** The end of a response, as an event is decoded to. */
export const end = (outcome: object, deviations: readonly string[] = [], output: readonly object[] = []) =>
  ({ type: "end", outcome, output, deviations }) as unknown as DecodedEvent;
