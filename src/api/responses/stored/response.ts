import { ProtocolError } from "../../../client/failure/kinds.ts";
import { decodeItem } from "../../wire/item-decoder.ts";
import type { OpenString, ResponseItem } from "../../wire/items.ts";
import { isJsonObject, type JsonObject } from "../../wire/json.ts";
import type { TokenUsage } from "../events/types.ts";
import { readUsage } from "../events/usage.ts";
import { itemText } from "../received/item-text.ts";

/** `queued` and `in_progress` change by themselves, the others are final. */
export type StoredStatus = OpenString<"queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled">;

/** A response as the service keeps it. */
export interface StoredResponse {
  readonly responseId: string;
  readonly status: StoredStatus;
  /** What there is of the output, as received; of one that still runs, as far as the service tells it. */
  readonly items: readonly ResponseItem[];
  /** The model's words among the items. */
  readonly text: string;
  readonly tokenUsage?: TokenUsage;
  /** Why it is `incomplete`: `max_output_tokens`, `content_filter`, … */
  readonly reason?: string;
  /** Why it `failed`, in the service's words. */
  readonly error?: { readonly code?: string; readonly message?: string };
  readonly model?: string;
  /** Unix seconds. */
  readonly createdAt?: number;
  /** The whole object as received. */
  readonly wire: JsonObject;
}

/** Does it go on at the service? */
export function isRunning({ status }: Pick<StoredResponse, "status">): boolean {
  return status === "queued" || status === "in_progress";
}

/**
 * @param failure - What the message begins with, e.g. `failed to decode a stored response`.
 * @throws {@link ProtocolError} It has no id or no status.
 */
export function readStoredResponse(wire: JsonObject, failure: string): StoredResponse {
  const { id, status, output, usage, model, created_at: createdAt } = wire;
  const responseId = filled(id);
  const state = filled(status);
  if (responseId === undefined || state === undefined) {
    throw new ProtocolError(`${failure}: it has no ${responseId === undefined ? "id" : "status"}`);
  }
  const items = Array.isArray(output) ? output.flatMap((entry: unknown) => decodeItem(entry) ?? []) : [];
  const { tokenUsage } = readUsage(usage);
  return {
    responseId,
    status: state,
    items,
    text: items.map((item) => itemText(item, "output_text")).join(""),
    ...(tokenUsage ? { tokenUsage } : {}),
    ...given("reason", fieldOf(wire.incomplete_details, "reason")),
    ...(isJsonObject(wire.error) ? { error: failureOf(wire.error) } : {}),
    ...given("model", model),
    ...(typeof createdAt === "number" ? { createdAt } : {}),
    wire,
  };
}

function failureOf({ code, message }: JsonObject): NonNullable<StoredResponse["error"]> {
  return { ...given("code", code), ...given("message", message) };
}

function given<Name extends string>(name: Name, value: unknown): { readonly [Key in Name]?: string } {
  const text = filled(value);
  return (text === undefined ? {} : { [name]: text }) as { readonly [Key in Name]?: string };
}

function filled(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}
