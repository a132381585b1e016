import { ProtocolError } from "../../../client/failure/kinds.ts";
import type { StreamDeviation } from "../../../client/observe/telemetry.ts";
import { mapErrorEvent, mapFailedResponse } from "../../refusal/event.ts";
import { invalidType } from "../../wire/decode-failure.ts";
import { fieldOf, filled, idIn, isJsonObject, type JsonObject, objectOf } from "../../wire/json.ts";
import type { ResponseEnd } from "../received/received.ts";
import type { DecodedEvent, EndEvent } from "./decoded.ts";
import { told } from "./fields.ts";
import { readUsage } from "./usage.ts";

/** Events that end a response, with what they say about it. */

/**
 * A response with the status `incomplete` or `failed` is treated so, whatever the event is called: some gateways report an early end this
 * way (vLLM).
 */
export function completed({ response }: JsonObject): DecodedEvent {
  const status = fieldOf(response, "status");
  if (status === "incomplete") return endsIncomplete(response);
  if (status === "failed") return endsFailed(response);
  if (response !== undefined && response !== null && !isJsonObject(response)) return undecodable(response);
  const { end, output, deviations } = wholeOf(response);
  const endTurn = fieldOf(response, "end_turn");
  const more = told({
    endTurn: typeof endTurn === "boolean" ? endTurn : undefined,
    serviceTier: filled(fieldOf(response, "service_tier")),
    usageMetadata: objectOf(fieldOf(response, "usage_metadata")),
  });
  const odd = end.responseId === undefined ? [...deviations, "response id" as const] : deviations;
  return { type: "end", outcome: { type: "completed", ...end, ...more }, output, deviations: odd };
}

export function failed({ response }: JsonObject): DecodedEvent {
  return endsFailed(response);
}

export function incomplete({ response }: JsonObject): DecodedEvent {
  return endsIncomplete(response);
}

/** Every top-level error ends the stream: `error` events, and errors in the forms of gateways (`refusal/foreign.ts`). */
export function errorEvent(event: JsonObject, text: string): EndEvent {
  const error = mapErrorEvent(event, text);
  return { type: "end", outcome: { type: "failed", error }, output: [], deviations: [] };
}

/** A chunk of Chat Completions: the server, or the address, is of another API, and nothing of its answer would be read. */
export function otherApi(): EndEvent {
  const error = new ProtocolError(
    "the server streams Chat Completions (chat.completion.chunk) and not the events of the Responses API; check the base URL, and whether this server supports POST /responses",
  );
  return { type: "end", outcome: { type: "failed", error }, output: [], deviations: [] };
}

function endsFailed(response: unknown): EndEvent {
  const { end, ...rest } = wholeOf(response);
  const error = mapFailedResponse(fieldOf(response, "error"));
  return { type: "end", outcome: { type: "failed", error, ...end }, ...rest };
}

function endsIncomplete(response: unknown): EndEvent {
  const { end, ...rest } = wholeOf(response);
  const reason = filled(fieldOf(fieldOf(response, "incomplete_details"), "reason")) ?? "unknown";
  return { type: "end", outcome: { type: "incomplete", reason, ...end }, ...rest };
}

function undecodable(response: unknown): EndEvent {
  const why = invalidType(response, "struct ResponseCompleted");
  const error = new ProtocolError(`failed to parse ResponseCompleted: ${why}`);
  return { type: "end", outcome: { type: "failed", error }, output: [], deviations: [] };
}

/** What can be read of the response: one that ended early is billed too. */
function wholeOf(response: unknown): {
  readonly end: ResponseEnd;
  readonly output: readonly unknown[];
  readonly deviations: readonly StreamDeviation["what"][];
} {
  const { tokenUsage, deviation } = readUsage(fieldOf(response, "usage"));
  const output: unknown = fieldOf(response, "output");
  return {
    end: told({ responseId: idIn(response), tokenUsage }),
    output: Array.isArray(output) ? output : [],
    deviations: deviation === undefined ? [] : [deviation],
  };
}
