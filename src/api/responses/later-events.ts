import type { HeaderMap } from "../../client/headers.ts";
import { header, headerText } from "../headers.ts";
import { isJsonObject, type JsonObject } from "../wire/json.ts";
import { headerInEvent } from "./decoding/event-decoder.ts";
import type {
  CompletedEvent,
  ModelVerificationsEvent,
  ReasoningSummaryTextDoneEvent,
  SafetyBufferingEvent,
  ToolCallInputDeltaEvent,
  TurnModerationMetadataEvent,
} from "./events.ts";

export type LaterEvent =
  | ToolCallInputDeltaEvent
  | ReasoningSummaryTextDoneEvent
  | ModelVerificationsEvent
  | TurnModerationMetadataEvent
  | SafetyBufferingEvent;

const VERIFICATIONS = ["trusted_access_for_cyber"];

/** Decodes what the reference reads since March 2026, for one response. What cannot be read is left out, as everywhere in a stream. */
export class LaterEvents {
  // Of headers, for events that do not say it themselves.
  #fasterModel: string | undefined;
  #showsBuffering: string | undefined;

  /** @param headers - Of the answer, or of the handshake. */
  constructor(headers: HeaderMap) {
    this.#fasterModel = headerText(headers, header.safetyBufferingFasterModel);
    this.#showsBuffering = headerText(headers, header.safetyBufferingEnabled);
  }

  /** What one wire event says beside its own meaning, or as its only one. */
  decode(event: JsonObject): readonly LaterEvent[] {
    const found: (LaterEvent | undefined)[] = [];
    switch (event.type) {
      case "response.custom_tool_call_input.delta":
        found.push(toolCallInputDelta(event));
        break;
      case "response.reasoning_summary_text.done":
        found.push(reasoningSummaryDone(event));
        break;
      case "response.metadata":
      case "codex.response.metadata":
        this.#fasterModel = headerInEvent(event.headers, header.safetyBufferingFasterModel) ?? this.#fasterModel;
        this.#showsBuffering = headerInEvent(event.headers, header.safetyBufferingEnabled) ?? this.#showsBuffering;
        if (isJsonObject(event.metadata)) found.push(modelVerifications(event.metadata), moderation(event.metadata));
    }
    if (isJsonObject(event.safety_buffering)) found.push(this.#safetyBuffering(event.safety_buffering));
    return found.filter((each) => each !== undefined);
  }

  /** `completed` with what later servers add to it. */
  complete(event: CompletedEvent, response: unknown): CompletedEvent {
    const { end_turn: endTurn, usage_metadata: usageMetadata } = isJsonObject(response) ? response : {};
    return {
      ...event,
      ...(typeof endTurn === "boolean" ? { endTurn } : {}),
      ...(isJsonObject(usageMetadata) ? { usageMetadata } : {}),
    };
  }

  #safetyBuffering(told: JsonObject): SafetyBufferingEvent {
    const { show_buffering_ui: shows, faster_model: faster = told.retry_model } = told;
    const fasterModel = faster === undefined ? this.#fasterModel : faster;
    return {
      type: "safety_buffering",
      useCases: texts(told.use_cases),
      reasons: texts(told.reasons),
      showBufferingUi: typeof shows === "boolean" ? shows : !/^(false|0)$/i.test(this.#showsBuffering ?? ""),
      ...(typeof fasterModel === "string" ? { fasterModel } : {}),
    };
  }
}

function toolCallInputDelta(event: JsonObject): ToolCallInputDeltaEvent | undefined {
  const { delta, item_id, call_id: callId } = event;
  const itemId = item_id ?? callId;
  if (typeof delta !== "string" || typeof itemId !== "string") return undefined;
  return { type: "tool_call_input.delta", itemId, ...(typeof callId === "string" ? { callId } : {}), delta };
}

function reasoningSummaryDone(event: JsonObject): ReasoningSummaryTextDoneEvent | undefined {
  const { item_id: itemId, text, summary_index: summaryIndex } = event;
  if (typeof itemId !== "string" || typeof text !== "string" || !Number.isSafeInteger(summaryIndex)) return undefined;
  return { type: "reasoning_summary_text.done", itemId, text, summaryIndex: Number(summaryIndex) };
}

/** Without doubles, and without what nobody knows. */
function modelVerifications(metadata: JsonObject): ModelVerificationsEvent | undefined {
  const told = new Set(texts(metadata.openai_verification_recommendation));
  const verifications = VERIFICATIONS.filter((each) => told.has(each));
  return verifications.length > 0 ? { type: "model_verifications", verifications } : undefined;
}

function moderation(metadata: JsonObject): TurnModerationMetadataEvent | undefined {
  const { openai_chatgpt_moderation_metadata: told } = metadata;
  return told === undefined ? undefined : { type: "turn_moderation_metadata", metadata: told };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
