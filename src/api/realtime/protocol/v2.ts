import { fieldOf, type JsonObject } from "../../wire/json.ts";
import type { RealtimeEvent } from "../events.ts";
import {
  delta,
  type EventDecoder,
  handoffIn,
  isCallOf,
  itemAdded,
  itemDone,
  responseAudio,
  responseCancelled,
  serviceError,
  sessionUpdated,
  speechStarted,
} from "./decoders.ts";
import { FINAL_MESSAGE_PREFIX, functionCallOutput, ownTool, type RealtimeProtocol, textMessage } from "./protocol.ts";
import { publicSession } from "./public-api.ts";

const AGENT_TOOL = "codex";

const tools = [
  ownTool(AGENT_TOOL, "Hands a task over to Codex, the coding agent behind this conversation, and gives its result.", {
    prompt: "The task, in the user's own words.",
  }),
];

const wholePayload = (event: JsonObject): RealtimeEvent => ({ type: "conversation_item.added", item: event });

const callOrItemDone: EventDecoder = (event) => handoffIn(event.item, AGENT_TOOL) ?? itemDone(event);

/** The first call of the agent decides; a second one is ignored even if the first is unusable. */
const responseDone: EventDecoder = (event) => {
  const output = fieldOf(event.response, "output");
  const call = Array.isArray(output) ? output.find((item) => isCallOf(item, AGENT_TOOL)) : undefined;
  return handoffIn(call, AGENT_TOOL) ?? wholePayload(event);
};

/** The public Realtime API, as the Rust client of March 2026 used it. */
export const v2: RealtimeProtocol = {
  name: "v2",
  intentOf: () => undefined,
  isPublic: true,
  isWhole: false,
  answersWhenAsked: true,
  decoders: new Map([
    ["session.updated", sessionUpdated],
    ["response.output_audio.delta", responseAudio],
    ["response.audio.delta", responseAudio],
    ["conversation.item.input_audio_transcription.delta", delta("input_transcript.delta")],
    ["response.output_text.delta", delta("output_transcript.delta")],
    ["response.output_audio_transcript.delta", delta("output_transcript.delta")],
    ["input_audio_buffer.speech_started", speechStarted],
    ["conversation.item.added", itemAdded],
    ["response.cancelled", responseCancelled],
    ["error", serviceError],
    ["conversation.item.input_audio_transcription.completed", delta("input_transcript.delta", "transcript")],
    ["conversation.item.done", callOrItemDone],
    ["response.created", wholePayload],
    ["response.done", responseDone],
  ]),
  session: (config) => publicSession(config, { tools }),
  change: (settings, changes) => publicSession({ ...settings, ...changes }, { tools }),
  message: (text, role) => textMessage("input_text", text, role),
  handoffOutput: (handoffId, text) => functionCallOutput(handoffId, FINAL_MESSAGE_PREFIX + text),
  createStages: () => [],
};
