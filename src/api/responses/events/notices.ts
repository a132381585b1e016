import type { HeaderMap } from "../../../client/headers.ts";
import { header, headerText } from "../../headers.ts";
import { fieldOf, isJsonObject, type JsonObject } from "../../wire/json.ts";
import type { DecodedEvent } from "./decoded.ts";
import { texts } from "./fields.ts";
import type { SafetyBufferingEvent, ServedEvent } from "./types.ts";

/** What the service says about a response and the account, apart from the answer. */

const VERIFICATIONS = ["trusted_access_for_cyber"];

/** Turn state, etag, verifications and moderation; one event may bring several. */
export function metadata({ headers, metadata: more }: JsonObject): DecodedEvent {
  const events: ServedEvent[] = [];
  if (isJsonObject(more)) {
    const recommended = new Set(texts(more.openai_verification_recommendation));
    const verifications = VERIFICATIONS.filter((each) => recommended.has(each)); // unknown ones are left out
    if (verifications.length > 0) events.push({ type: "model_verifications", verifications });
    const { openai_chatgpt_moderation_metadata: moderation } = more;
    if (moderation !== undefined) events.push({ type: "turn_moderation_metadata", metadata: moderation });
  }
  const etag = headerInEvent(headers, header.modelsEtag);
  if (etag !== undefined) events.push({ type: "models_etag", etag });
  const turnState = headerInEvent(headers, header.turnState);
  return { type: "metadata", headers, events, ...(turnState === undefined ? {} : { turnState }) };
}

const isModelHeader = (name: string): boolean => name === header.openaiModel || name === `x-${header.openaiModel}`;

/**
 * The model that really answers. Any event may report it: `openai-model` or `x-openai-model` in `response.headers`, or in the event's own
 * `headers`. `response.model` is the requested model and does not count.
 */
export function serverModelOf(event: JsonObject): string | undefined {
  const { response } = event;
  const model = headerIn(fieldOf(response, "headers"), isModelHeader);
  return model ?? headerIn(event.headers, isModelHeader);
}

/**
 * Tracks whether the answer is held back for a safety check. Any event may report it; fields that an event leaves out come from the
 * headers.
 */
export class SafetyBuffering {
  #fasterModel: string | undefined;
  #showsBuffering: string | undefined;

  /** @param headers - Headers of the answer or the WebSocket handshake. */
  constructor(headers: HeaderMap) {
    this.#fasterModel = headerText(headers, header.safetyBufferingFasterModel);
    this.#showsBuffering = headerText(headers, header.safetyBufferingEnabled);
  }

  /** Notes headers that an event brought. */
  note(headers: unknown): void {
    this.#fasterModel = headerInEvent(headers, header.safetyBufferingFasterModel) ?? this.#fasterModel;
    this.#showsBuffering = headerInEvent(headers, header.safetyBufferingEnabled) ?? this.#showsBuffering;
  }

  decode({ safety_buffering: said }: JsonObject): SafetyBufferingEvent | undefined {
    if (!isJsonObject(said)) return undefined;
    const { show_buffering_ui: shows, faster_model: faster = said.retry_model } = said;
    const fasterModel = faster === undefined ? this.#fasterModel : faster;
    return {
      type: "safety_buffering",
      useCases: texts(said.use_cases),
      reasons: texts(said.reasons),
      showBufferingUi: typeof shows === "boolean" ? shows : !/^(false|0)$/i.test(this.#showsBuffering ?? ""),
      ...(typeof fasterModel === "string" ? { fasterModel } : {}),
    };
  }
}

/** A header inside an event, in any letter case: a text, or the first text of a list. */
function headerInEvent(headers: unknown, wanted: string): string | undefined {
  return headerIn(headers, (name) => name === wanted);
}

function headerIn(headers: unknown, isWanted: (lowerCaseName: string) => boolean): string | undefined {
  if (!isJsonObject(headers)) return undefined;
  for (const name of Object.keys(headers)) {
    if (!isWanted(name.toLowerCase())) continue;
    const value = headers[name];
    const first: unknown = Array.isArray(value) ? value.find((entry) => typeof entry === "string") : value;
    if (typeof first === "string") return first;
  }
  return undefined;
}
