import type { SkippedEvent } from "../../../client/observe/telemetry.ts";
import { readDetails } from "../../refusal/details.ts";
import { isForeignError } from "../../refusal/foreign.ts";
import {
  isJsonObject,
  type JsonObject,
  numberOf,
  objectOf,
  parseObject,
  receivedJson,
  textOf,
  writtenJson,
} from "../../wire/json.ts";
import type { HandoffRequested, RealtimeAudioFrame, RealtimeErrorEvent, RealtimeEvent } from "../events.ts";

/**
 * Reads one type of wire event; undefined if a field is missing or has the wrong type.
 *
 * @param text - The event as received.
 */
export type EventDecoder = (event: JsonObject, text: string) => RealtimeEvent | undefined;

export type ParsedFrame =
  /** `wire` is undefined for an event that is damaged. */
  | { readonly event: RealtimeEvent; readonly wire: JsonObject | undefined }
  /** The event is left out; `wire` is set if it is at least an event. */
  | { readonly skipped: SkippedEvent; readonly wire?: JsonObject | undefined };

export function parseFrame(decoders: ReadonlyMap<string, EventDecoder>, text: string): ParsedFrame {
  const wire = receivedJson(text);
  if (!isJsonObject(wire)) {
    const isDamaged = wire === undefined && /^\s*\{/.test(text);
    return isDamaged ? { event: damaged(text), wire: undefined } : { skipped: { reason: "not JSON" } };
  }
  const { type } = wire;
  const decode = typeof type === "string" ? decoders.get(type) : undefined;
  if (!decode) {
    const error = isForeignError(wire) ? decoders.get("error")?.(wire, text) : undefined;
    if (error) return { event: error, wire };
    if (typeof type !== "string") return { skipped: { reason: "missing field" }, wire };
    return { skipped: { type, reason: "unknown type" }, wire };
  }
  const event = decode(wire, text);
  return event ? { event, wire } : { skipped: { type: textOf(type), reason: "missing field" }, wire };
}

/** What it held is lost, which must not go unnoticed. */
function damaged({ length }: { readonly length: number }): RealtimeErrorEvent {
  const message = `an event is damaged: it begins as a JSON object and is not valid JSON (${length} characters); what it held is lost`;
  return { type: "error", message };
}

export function stringIn(object: JsonObject, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = object[name];
    if (typeof value === "string") return value;
  }
  return undefined;
}

/** The count in the first of `names` that is present: an unreadable one is not replaced by the next. */
function countIn(object: JsonObject, most: number, ...names: readonly string[]): number | undefined {
  const value = numberOf(object[names.find((name) => name in object) ?? ""]);
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= most ? value : undefined;
}

const U16 = 0xffff;
const U32 = 0xffff_ffff;

/** The audio format that an audio event gives; fields that are absent or out of range are left out. */
export function audioFormatIn(event: JsonObject): Partial<RealtimeAudioFrame> {
  const sampleRate = countIn(event, U32, "sample_rate");
  const numChannels = countIn(event, U16, "channels", "num_channels");
  const samplesPerChannel = countIn(event, U32, "samples_per_channel");
  return {
    ...(sampleRate !== undefined && { sampleRate }),
    ...(numChannels !== undefined && { numChannels }),
    ...(samplesPerChannel !== undefined && { samplesPerChannel }),
  };
}

export const sessionUpdated: EventDecoder = (event) => {
  const session = objectOf(event.session);
  const sessionId = session && stringIn(session, "id");
  if (!session || sessionId === undefined) return undefined;
  const instructions = stringIn(session, "instructions");
  return { type: "session_updated", sessionId, ...(instructions !== undefined && { instructions }) };
};

/** A piece of text, from the field `delta`. */
export function delta(type: "input_transcript.delta" | "output_transcript.delta", field = "delta"): EventDecoder {
  return (event) => {
    const text = stringIn(event, field);
    return text === undefined ? undefined : { type, delta: text };
  };
}

export const itemAdded: EventDecoder = (event) =>
  "item" in event ? { type: "conversation_item.added", item: event.item } : undefined;

export const itemDone = (event: JsonObject): RealtimeEvent | undefined => {
  const item = objectOf(event.item);
  const itemId = item && stringIn(item, "id");
  return itemId === undefined ? undefined : { type: "conversation_item.done", itemId, item };
};

export const speechStarted: EventDecoder = (event) => {
  const itemId = stringIn(event, "item_id");
  return { type: "input_audio_speech_started", ...(itemId !== undefined && { itemId }) };
};

export const responseCancelled: EventDecoder = (event) => {
  const response = objectOf(event.response);
  const responseId = (response && stringIn(response, "id")) ?? stringIn(event, "response_id");
  return { type: "response_cancelled", ...(responseId !== undefined && { responseId }) };
};

/**
 * The service's message, else the value of `error` as JSON, or the whole event if that is nested too deep to be written; else what a gateway
 * says in its form. An error without a reason is one too.
 */
export const serviceError = (event: JsonObject, text: string): RealtimeErrorEvent => {
  const error = objectOf(event.error);
  const message = stringIn(event, "message") ?? (error && stringIn(error, "message"));
  if (message !== undefined) return { type: "error", message };
  if ("error" in event) return { type: "error", message: writtenJson(event.error) ?? text };
  return { type: "error", message: readDetails(event).message ?? "an error without a reason" };
};

const AUDIO_BY_DEFAULT = { sampleRate: 24_000, numChannels: 1 };

/** Audio of the public Realtime API: the default is 24 kHz mono. */
export const responseAudio = (event: JsonObject): (RealtimeEvent & { readonly type: "audio_out" }) | undefined => {
  const data = stringIn(event, "delta");
  if (data === undefined) return undefined;
  const itemId = stringIn(event, "item_id");
  const frame = { data, ...AUDIO_BY_DEFAULT, ...audioFormatIn(event), ...(itemId !== undefined && { itemId }) };
  return { type: "audio_out", frame };
};

/** The ids of a call of the tool `name`; undefined for any other item, and for a call without an id. */
export function callIn(item: unknown, name: string): { readonly callId: string; readonly itemId: string } | undefined {
  if (!isCallOf(item, name)) return undefined;
  const callId = stringIn(item, "call_id", "id");
  return callId === undefined ? undefined : { callId, itemId: stringIn(item, "id") ?? callId };
}

export function isCallOf(item: unknown, name: string): item is JsonObject {
  return isJsonObject(item) && item.type === "function_call" && item.name === name;
}

/** A handoff, if `item` is a usable call of the tool `name`. */
export function handoffIn(item: unknown, name: string): HandoffRequested | undefined {
  const call = callIn(item, name);
  if (!call || !isJsonObject(item)) return undefined;
  return {
    type: "handoff_requested",
    handoffId: call.callId,
    itemId: call.itemId,
    inputTranscript: taskIn(stringIn(item, "arguments") ?? ""),
    activeTranscript: [],
  };
}

/** Models do not always use the parameter's exact name. */
const TASK_ARGUMENTS = ["input_transcript", "input", "text", "prompt", "query"];

function taskIn(callArguments: string): string {
  const parsed = parseObject(callArguments);
  for (const name of TASK_ARGUMENTS) {
    const task = parsed && stringIn(parsed, name)?.trim();
    if (task) return task;
  }
  return callArguments;
}
