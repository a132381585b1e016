import type { OpenString } from "../wire/items.ts";
import { isJsonObject, type JsonObject, parseObject } from "../wire/json.ts";

/** What a webhook tells. */
export interface WebhookEvent {
  /** Of the event: the same on every delivery of it, so that one that comes twice is recognized. */
  readonly id: string;
  readonly type: OpenString<"response.completed" | "response.failed" | "response.cancelled" | "response.incomplete">;
  /** Unix seconds. */
  readonly createdAt?: number;
  /** Of the response that it is about, to be had by `retrieve`; absent where it is about something else. */
  readonly responseId?: string;
  /** The whole event as received. */
  readonly wire: JsonObject;
}

/** Undefined for what is no event. */
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
