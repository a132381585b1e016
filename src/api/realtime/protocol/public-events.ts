import { withoutUndefined } from "../../../client/options.ts";
import { readDetails } from "../../refusal/details.ts";
import { fieldOf, isJsonObject, type JsonObject, numberOf, objectOf, textOf } from "../../wire/json.ts";
import type { Place, RealtimeEvent, RealtimeRateLimit, TranscriptionFailure } from "../events.ts";
import { outcomeOf } from "../response-outcome.ts";
import { callIn, type EventDecoder, handoffIn, responseAudio, serviceError, stringIn } from "./decoders.ts";

/** Tools that the protocol itself answers. */
export interface ReservedTools {
  readonly agent: string;
  readonly silence: string;
}

/** All events of today's public Realtime API, by wire name. */
export function publicEventDecoders(tools: ReservedTools): ReadonlyMap<string, EventDecoder> {
  const callOrItemDone: EventDecoder = (event) => {
    const silence = callIn(event.item, tools.silence);
    if (silence) return { type: "noop_requested", ...silence };
    const handoff = handoffIn(event.item, tools.agent);
    if (!handoff) return itemDone(event);
    return NO_TASK.test(handoff.inputTranscript) ? { ...handoff, inputTranscript: "" } : handoff;
  };
  return new Map<string, EventDecoder>([
    ["session.created", sessionCreated],
    ["session.updated", sessionUpdated],
    ["conversation.created", conversationCreated],
    ["conversation.item.created", item("conversation_item.created")],
    ["conversation.item.added", item("conversation_item.added")],
    ["conversation.item.done", callOrItemDone],
    ["conversation.item.retrieved", item("conversation_item.retrieved")],
    ["conversation.item.deleted", itemDeleted],
    ["conversation.item.truncated", itemTruncated],
    ["conversation.item.input_audio_transcription.delta", heardDelta],
    ["conversation.item.input_audio_transcription.completed", heardDone],
    ["conversation.item.input_audio_transcription.failed", heardFailed],
    ["conversation.item.input_audio_transcription.segment", heardSegment],
    ["input_audio_buffer.cleared", () => ({ type: "input_audio_buffer.cleared" })],
    ["input_audio_buffer.committed", committed],
    ["input_audio_buffer.speech_started", speechStarted],
    ["input_audio_buffer.speech_stopped", speechStopped],
    ["input_audio_buffer.timeout_triggered", timeoutTriggered],
    ["input_audio_buffer.dtmf_event_received", keyPressed],
    ...(["started", "stopped", "cleared"] as const).map((name): [string, EventDecoder] => [
      `output_audio_buffer.${name}`,
      ofResponse(`output_audio_buffer.${name}`),
    ]),
    ["response.created", responseCreated],
    ["response.done", responseDone],
    ["response.cancelled", ofResponse("response_cancelled")],
    ["response.output_item.added", outputItem("output_item.added")],
    ["response.output_item.done", outputItem("output_item.done")],
    ["response.content_part.added", contentPart("content_part.added")],
    ["response.content_part.done", contentPart("content_part.done")],
    ["response.output_text.delta", saidDelta("text")],
    ["response.output_text.done", saidDone("text", "text")],
    ["response.output_audio_transcript.delta", saidDelta("audio")],
    ["response.output_audio_transcript.done", saidDone("audio", "transcript")],
    ["response.output_audio.delta", audio],
    ["response.audio.delta", audio],
    ["response.output_audio.done", placed("audio_out.done")],
    ["response.function_call_arguments.delta", argumentsDelta("function_call_arguments.delta")],
    ["response.function_call_arguments.done", argumentsDone("function_call_arguments.done")],
    ["response.mcp_call_arguments.delta", argumentsDelta("mcp_call_arguments.delta")],
    ["response.mcp_call_arguments.done", argumentsDone("mcp_call_arguments.done")],
    ["response.mcp_call.in_progress", placed("mcp_call.in_progress")],
    ["response.mcp_call.completed", placed("mcp_call.completed")],
    ["response.mcp_call.failed", placed("mcp_call.failed")],
    ...(["in_progress", "completed", "failed"] as const).map((name): [string, EventDecoder] => [
      `mcp_list_tools.${name}`,
      (event) => withoutUndefined({ type: `mcp_list_tools.${name}` as const, itemId: stringIn(event, "item_id") }),
    ]),
    ["rate_limits.updated", rateLimits],
    ["error", error],
  ]);
}

/** Empty arguments. */
const NO_TASK = /^\s*(?:\{\s*\})?\s*$/;

/** A duration that the wire gives in seconds, in milliseconds. */
function milliseconds(event: JsonObject, name: string): number | undefined {
  const seconds = numberOf(event[name]);
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

/** The id of an object inside an event. */
function idOf(value: unknown): string | undefined {
  return textOf(fieldOf(value, "id"));
}

function placeOf(event: JsonObject): Place {
  return withoutUndefined({
    responseId: stringIn(event, "response_id"),
    itemId: stringIn(event, "item_id"),
    outputIndex: numberOf(event.output_index),
    contentIndex: numberOf(event.content_index),
  });
}

/** Null means that there is no previous item; a missing field does not. */
function previousOf(event: JsonObject): { readonly previousItemId?: string | null } {
  const { previous_item_id: previous } = event;
  return previous === null || typeof previous === "string" ? { previousItemId: previous } : {};
}

const sessionCreated: EventDecoder = ({ session }) => {
  const sessionId = idOf(session);
  if (!isJsonObject(session) || sessionId === undefined) return undefined;
  return withoutUndefined({
    type: "session_created" as const,
    sessionId,
    session,
    expiresAt: numberOf(session.expires_at),
  });
};

const sessionUpdated: EventDecoder = ({ session }) => {
  const sessionId = idOf(session);
  if (!isJsonObject(session) || sessionId === undefined) return undefined;
  return withoutUndefined({
    type: "session_updated" as const,
    sessionId,
    instructions: stringIn(session, "instructions"),
    session,
  });
};

const conversationCreated: EventDecoder = ({ conversation }) =>
  withoutUndefined({ type: "conversation_created" as const, conversationId: idOf(conversation) });

function item(
  type: "conversation_item.created" | "conversation_item.added" | "conversation_item.retrieved",
): EventDecoder {
  return (event) => {
    if (!("item" in event)) return undefined;
    const itemId = idOf(event.item);
    return { type, item: event.item, ...(itemId !== undefined && { itemId }), ...previousOf(event) };
  };
}

function itemDone(event: JsonObject): RealtimeEvent | undefined {
  const itemId = idOf(event.item);
  if (itemId === undefined) return undefined;
  return { type: "conversation_item.done", itemId, item: event.item, ...previousOf(event) };
}

const itemDeleted: EventDecoder = (event) => {
  const itemId = stringIn(event, "item_id");
  return itemId === undefined ? undefined : { type: "conversation_item.deleted", itemId };
};

const itemTruncated: EventDecoder = (event) => {
  const itemId = stringIn(event, "item_id");
  if (itemId === undefined) return undefined;
  return withoutUndefined({
    type: "conversation_item.truncated" as const,
    itemId,
    contentIndex: numberOf(event.content_index),
    audioEndMs: numberOf(event.audio_end_ms),
  });
};

const heardDelta: EventDecoder = (event) => {
  const delta = stringIn(event, "delta");
  if (delta === undefined) return undefined;
  return withoutUndefined({
    type: "input_transcript.delta" as const,
    delta,
    logprobs: event.logprobs,
    ...placeOf(event),
  });
};

const heardDone: EventDecoder = (event) => {
  const text = stringIn(event, "transcript");
  if (text === undefined) return undefined;
  const { usage, logprobs, languages } = event;
  return withoutUndefined({
    type: "input_transcript.done" as const,
    text,
    usage,
    logprobs,
    languages,
    ...placeOf(event),
  });
};

const heardFailed: EventDecoder = (event) => {
  const reason = objectOf(event.error) ?? {};
  const failure: TranscriptionFailure = withoutUndefined({
    message: stringIn(reason, "message"),
    code: stringIn(reason, "code"),
    type: stringIn(reason, "type"),
    param: stringIn(reason, "param"),
  });
  return { type: "input_transcript.failed", error: failure, ...placeOf(event) };
};

const heardSegment: EventDecoder = (event) => {
  const text = stringIn(event, "text");
  if (text === undefined) return undefined;
  return withoutUndefined({
    type: "input_transcript.segment" as const,
    text,
    segmentId: stringIn(event, "id"),
    speaker: stringIn(event, "speaker"),
    startMs: milliseconds(event, "start"),
    endMs: milliseconds(event, "end"),
    ...placeOf(event),
  });
};

const committed: EventDecoder = (event) => {
  const itemId = stringIn(event, "item_id");
  return itemId === undefined ? undefined : { type: "input_audio_buffer.committed", itemId, ...previousOf(event) };
};

const speechStarted: EventDecoder = (event) =>
  withoutUndefined({
    type: "input_audio_speech_started" as const,
    itemId: stringIn(event, "item_id"),
    audioStartMs: numberOf(event.audio_start_ms),
  });

const speechStopped: EventDecoder = (event) =>
  withoutUndefined({
    type: "input_audio_speech_stopped" as const,
    itemId: stringIn(event, "item_id"),
    audioEndMs: numberOf(event.audio_end_ms),
  });

const timeoutTriggered: EventDecoder = (event) =>
  withoutUndefined({
    type: "input_audio_buffer.timeout_triggered" as const,
    itemId: stringIn(event, "item_id"),
    audioStartMs: numberOf(event.audio_start_ms),
    audioEndMs: numberOf(event.audio_end_ms),
  });

const keyPressed: EventDecoder = (event) => {
  const key = stringIn(event, "event");
  if (key === undefined) return undefined;
  const receivedAt = numberOf(event.received_at);
  return withoutUndefined({ type: "input_audio_buffer.dtmf_event_received" as const, key, receivedAt });
};

function ofResponse(
  type:
    | "output_audio_buffer.started"
    | "output_audio_buffer.stopped"
    | "output_audio_buffer.cleared"
    | "response_cancelled",
): EventDecoder {
  return (event) => withoutUndefined({ type, responseId: responseIdOf(event) });
}

function responseIdOf(event: JsonObject): string | undefined {
  return idOf(event.response) ?? stringIn(event, "response_id");
}

const responseCreated: EventDecoder = (event) => {
  const response = objectOf(event.response) ?? {};
  const { conversationId, metadata } = outcomeOf(response);
  return withoutUndefined({
    type: "response_created" as const,
    responseId: responseIdOf(event),
    conversationId,
    metadata,
    audioFormat: objectOf(fieldOf(fieldOf(response.audio, "output"), "format")),
  });
};

const responseDone: EventDecoder = (event) => {
  const responseId = responseIdOf(event);
  const outcome = outcomeOf(objectOf(event.response) ?? {});
  return { type: "response_done", ...outcome, ...(responseId !== undefined && { responseId }) };
};

function outputItem(type: "output_item.added" | "output_item.done"): EventDecoder {
  return (event) => {
    if (!isJsonObject(event.item)) return undefined;
    return withoutUndefined({ type, item: event.item, ...placeOf(event), itemId: stringIn(event.item, "id") });
  };
}

function contentPart(type: "content_part.added" | "content_part.done"): EventDecoder {
  return (event) => (isJsonObject(event.part) ? { type, part: event.part, ...placeOf(event) } : undefined);
}

function saidDelta(modality: "text" | "audio"): EventDecoder {
  return (event) => {
    const delta = stringIn(event, "delta");
    return delta === undefined ? undefined : { type: "output_transcript.delta", delta, modality, ...placeOf(event) };
  };
}

function saidDone(modality: "text" | "audio", field: string): EventDecoder {
  return (event) => {
    const text = stringIn(event, field);
    return text === undefined ? undefined : { type: "output_transcript.done", text, modality, ...placeOf(event) };
  };
}

const audio: EventDecoder = (event) => {
  const heard = responseAudio(event);
  return heard && { ...heard, ...placeOf(event) };
};

function placed(
  type: "audio_out.done" | "mcp_call.in_progress" | "mcp_call.completed" | "mcp_call.failed",
): EventDecoder {
  return (event) => ({ type, ...placeOf(event) });
}

function argumentsDelta(type: "function_call_arguments.delta" | "mcp_call_arguments.delta"): EventDecoder {
  return (event) => {
    const delta = stringIn(event, "delta");
    if (delta === undefined) return undefined;
    return withoutUndefined({ type, delta, callId: stringIn(event, "call_id"), ...placeOf(event) });
  };
}

function argumentsDone(type: "function_call_arguments.done" | "mcp_call_arguments.done"): EventDecoder {
  return (event) => {
    const whole = stringIn(event, "arguments");
    if (whole === undefined) return undefined;
    const callId = stringIn(event, "call_id");
    return withoutUndefined({ type, arguments: whole, callId, name: stringIn(event, "name"), ...placeOf(event) });
  };
}

const rateLimits: EventDecoder = ({ rate_limits: limits }) => {
  if (!Array.isArray(limits)) return undefined;
  return { type: "rate_limits", rateLimits: limits.filter(isJsonObject).map(limitOf) };
};

function limitOf(limit: JsonObject): RealtimeRateLimit {
  return withoutUndefined({
    name: stringIn(limit, "name"),
    limit: numberOf(limit.limit),
    remaining: numberOf(limit.remaining),
    resetAfterMs: milliseconds(limit, "reset_seconds"),
  });
}

const error: EventDecoder = (event, text) => {
  const reason = objectOf(event.error) ?? event;
  const { code, type: errorType } = readDetails(event);
  return withoutUndefined({
    ...serviceError(event, text),
    code,
    errorType,
    param: stringIn(reason, "param"),
    eventId: reason === event ? undefined : stringIn(reason, "event_id"),
  });
};
