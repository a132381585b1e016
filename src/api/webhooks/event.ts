import type { OpenString } from "../wire/items.ts";
import { isJsonObject, type JsonObject, parseObject } from "../wire/json.ts";

/** The content of a webhook. */
export interface WebhookEvent {
  /** Id of the event: the same on every delivery, so that duplicates can be recognised. */
  readonly id: string;
  readonly type: OpenString<"response.completed" | "response.failed" | "response.cancelled" | "response.incomplete">;
  /** In Unix seconds. */
  readonly createdAt?: number;
  /** Id of the response that it is about; fetch it with `retrieve`. Absent if the event is about something else. */
  readonly responseId?: string;
  /** The whole event as received. */
  readonly wire: JsonObject;
}

/** Undefined if it is not an event. */
export function readWebhookEvent(text: string): WebhookEvent | undefined {
  const wire = parseObject(text);
  if (wire === undefined) return undefined;
  const { id, type, created_at: createdAt, data } = wire;
  if (typeof id !== "string" || typeof type !== "string") return undefined;
  const about = isJsonObject(data) && type.startsWith("response.") ? data.id : undefined;
  return {
    id,
    type,
    ...(typeof createdAt === "number" ? { createdAt } : {}),
    ...(typeof about === "string" ? { responseId: about } : {}),
    wire,
  };
}
