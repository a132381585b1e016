import { readErrorDetails } from "../../refusal/details.ts";
import type { TokenUsage } from "../../token-usage.ts";
import type { AnswerReader } from "../../wire/answer-reader.ts";
import { decodeItem } from "../../wire/item-decoder.ts";
import type { OpenString, ResponseItem } from "../../wire/items.ts";
import { fieldOf, filled, isJsonObject, type JsonObject } from "../../wire/json.ts";
import { told } from "../events/fields.ts";
import { readUsage } from "../events/usage.ts";
import { itemText } from "../received/item-text.ts";

/** `queued` and `in_progress` are temporary, the others are final. */
export type StoredStatus = OpenString<"queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled">;

/** A response as the service stores it. */
export interface StoredResponse {
  readonly responseId: string;
  readonly status: StoredStatus;
  /** The output, as received; of a running response, as far as the service reports it. */
  readonly items: readonly ResponseItem[];
  /** The text of the items. */
  readonly text: string;
  readonly tokenUsage?: TokenUsage;
  /** Why it is `incomplete`: `max_output_tokens`, `content_filter`, … */
  readonly reason?: string;
  /** Why it `failed`, as the service reports it. */
  readonly error?: { readonly code?: string; readonly message?: string };
  readonly model?: string;
  /** Time of creation, in Unix seconds. */
  readonly createdAt?: number;
  /** The whole object as received. */
  readonly wire: JsonObject;
}

/** True if the response is still running. */
export function isRunning({ status }: Pick<StoredResponse, "status">): boolean {
  return status === "queued" || status === "in_progress";
}

/**
 * @throws {@link ProtocolError} It has no id or no status.
 */
export function readStoredResponse(answer: AnswerReader, askedFor?: string): StoredResponse {
  const wire = answer.fields;
  const { id, status, output, usage, model, created_at: createdAt } = wire;
  const responseId = filled(id) ?? askedFor;
  const state = filled(status);
  if (responseId === undefined || state === undefined) {
    throw answer.undecodable(`it has no ${responseId === undefined ? "id" : "status"}`);
  }
  const items = Array.isArray(output) ? output.flatMap((entry: unknown) => decodeItem(entry) ?? []) : [];
  const { tokenUsage } = readUsage(usage);
  return {
    responseId,
    status: state,
    items,
    text: items.map((item) => itemText(item, "output_text")).join(""),
    ...told({
      tokenUsage,
      reason: filled(fieldOf(wire.incomplete_details, "reason")),
      error: failureIn(wire.error),
      model: filled(model),
      createdAt: typeof createdAt === "number" ? createdAt : undefined,
    }),
    wire,
  };
}

function failureIn(error: unknown): StoredResponse["error"] {
  if (!isJsonObject(error) && filled(error) === undefined) return undefined;
  const { code, message } = readErrorDetails(error);
  return told({ code: filled(code), message: filled(message) });
}
