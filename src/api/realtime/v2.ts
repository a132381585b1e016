import { isJsonObject, type JsonObject } from "../wire/json.ts";
import {
  delta,
  type EventDecoder,
  handoffIn,
  isCallOf,
  itemAdded,
  itemDone,
  responseAudio,
  responseEvent,
  serviceError,
  sessionUpdated,
  speechStarted,
} from "./inbound.ts";
import {
  AUDIO_FORMAT,
  FINAL_MESSAGE_PREFIX,
  functionCallOutput,
  functionTool,
  type RealtimeProtocol,
  textMessage,
} from "./protocol.ts";
import { unchanged } from "./transcript.ts";

const AGENT_TOOL = "codex";
const DEFAULT_VOICE = "marin";

const agentTool = functionTool(
  AGENT_TOOL,
  "Hands a task over to Codex, the coding agent behind this conversation, and gives its result.",
  { prompt: "The task, in the user's own words." },
);

const wholePayload: EventDecoder = (event) => ({ type: "conversation_item.added", item: event });

const callOrItemDone: EventDecoder = (event) => handoffIn(event.item, AGENT_TOOL) ?? itemDone(event);

/** The first call of the agent decides: a second one is not looked at even where the first is unusable. */
const responseDone: EventDecoder = (event) => {
  const output = isJsonObject(event.response) ? event.response.output : undefined;
  const call = Array.isArray(output) ? output.find((item) => isCallOf(item, AGENT_TOOL)) : undefined;
  return handoffIn(call, AGENT_TOOL) ?? wholePayload(event);
};

/** The public Realtime API as the reference of March 2026 spoke it. */
export const v2: RealtimeProtocol = {
  name: "v2",
  answersWhenAsked: true,
  decoders: new Map([
    ["session.updated", sessionUpdated],
    ["response.output_audio.delta", responseAudio],
    ["response.audio.delta", responseAudio],
    ["conversation.item.input_audio_transcription.delta", delta("input_transcript.delta")],
    ["conversation.item.input_audio_transcription.completed", delta("input_transcript.delta", "transcript")],
    ["response.output_text.delta", delta("output_transcript.delta")],
    ["response.output_audio_transcript.delta", delta("output_transcript.delta")],
    ["input_audio_buffer.speech_started", speechStarted],
    ["conversation.item.added", itemAdded],
    ["conversation.item.done", callOrItemDone],
    ["response.created", wholePayload],
    ["response.done", responseDone],
    ["response.cancelled", responseEvent("response_cancelled")],
    ["error", serviceError],
  ]),
  session: ({ instructions, mode, voice = DEFAULT_VOICE, outputModality = "audio", tools }): JsonObject => {
    if (mode === "transcription") return { type: "transcription", audio: { input: { format: AUDIO_FORMAT } } };
    return {
      type: "realtime",
      instructions,
      output_modalities: [outputModality],
      audio: {
        input: {
          format: AUDIO_FORMAT,
          noise_reduction: { type: "near_field" },
          turn_detection: { type: "server_vad", interrupt_response: true, create_response: true },
        },
        output: { format: AUDIO_FORMAT, voice },
      },
      tools: tools ?? [agentTool],
      tool_choice: "auto",
    };
  },
  message: (text, role) => textMessage("input_text", text, role),
  handoffOutput: (handoffId, text) => functionCallOutput(handoffId, FINAL_MESSAGE_PREFIX + text),
  createTranscript: () => unchanged,
};
