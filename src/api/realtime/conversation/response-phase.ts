import { object } from "../../../client/options.ts";
import { fieldOf, isJsonObject } from "../../wire/json.ts";
import type { RealtimeEvent } from "../events.ts";

export interface ResponsePhase {
  readonly phase: "created" | "done" | "cancelled";
  readonly responseId?: string | undefined;
}

const PHASES: ReadonlyMap<unknown, ResponsePhase["phase"]> = new Map([
  ["response_created", "created"],
  ["response_done", "done"],
  ["response_cancelled", "cancelled"],
  ["response.created", "created"],
  ["response.done", "done"],
]);

/** Whether a response begins or ends with the event. `v2` puts the service's payload into other events; `v1` has no such events. */
export function responsePhaseOf(event: RealtimeEvent): ResponsePhase | undefined {
  object("the event of responsePhaseOf()", event, "an event of a connection");
  switch (event.type) {
    case "response_created":
    case "response_done":
    case "response_cancelled":
      return phase(event.type, event.responseId);
    case "conversation_item.added": {
      if (!isJsonObject(event.item)) return undefined;
      const { type, response } = event.item;
      return phase(type, fieldOf(response, "id"));
    }
    default:
      return undefined;
  }
}

function phase(name: unknown, responseId: unknown): ResponsePhase | undefined {
  const found = PHASES.get(name);
  return found && { phase: found, ...(typeof responseId === "string" && { responseId }) };
}
