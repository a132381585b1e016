import type { JsonObject } from "../wire/json.ts";
import {
  callIn,
  delta,
  done,
  type EventDecoder,
  handoffIn,
  itemAdded,
  itemDone,
  responseAudio,
  responseEvent,
  serviceError,
  sessionUpdated,
  speechStarted,
} from "./inbound.ts";
import { AUDIO_FORMAT, functionCallOutput, functionTool, type RealtimeProtocol, textMessage } from "./protocol.ts";
import { ByTurn } from "./transcript.ts";

const AGENT_TOOL = "background_agent";
const SILENCE_TOOL = "remain_silent";
const DEFAULT_VOICE = "marin";
const TRANSCRIPTION = { model: "gpt-4o-mini-transcribe" };
/** How long the user must be silent before it is the model's turn. */
const SILENCE_MS = 500;

const tools = [
  functionTool(
    AGENT_TOOL,
    "Hands a task over to the agent that works in the background, or guides the task it is working on. Use it for whatever needs work rather than talk, and pass the user's words on unchanged.",
    { prompt: "The task, in the user's own words." },
  ),
  functionTool(SILENCE_TOOL, "Says nothing. Use it whenever an answer aloud would only disturb.", {}),
];

const callOrItemDone: EventDecoder = (event) => {
  const silence = callIn(event.item, SILENCE_TOOL);
  if (silence) return { type: "noop_requested", ...silence };
  return handoffIn(event.item, AGENT_TOOL) ?? itemDone(event);
};

/** The public Realtime API as later builds of the reference speak it. */
export const v3: RealtimeProtocol = {
  name: "v3",
  answersWhenAsked: true,
  decoders: new Map([
    ["session.updated", sessionUpdated],
    ["response.output_audio.delta", responseAudio],
    ["response.audio.delta", responseAudio],
    ["conversation.item.input_audio_transcription.delta", delta("input_transcript.delta")],
    ["conversation.item.input_audio_transcription.completed", done("input_transcript.done", "transcript")],
    ["response.output_text.delta", delta("output_transcript.delta")],
    ["response.output_text.done", done("output_transcript.done", "text")],
    ["response.output_audio_transcript.delta", delta("output_transcript.delta")],
    ["response.output_audio_transcript.done", done("output_transcript.done", "transcript")],
    ["input_audio_buffer.speech_started", speechStarted],
    ["conversation.item.added", itemAdded],
    ["conversation.item.done", callOrItemDone],
    ["response.created", responseEvent("response_created")],
    ["response.done", responseEvent("response_done")],
    ["response.cancelled", responseEvent("response_cancelled")],
    ["error", serviceError],
  ]),
  session: ({ instructions, mode, voice = DEFAULT_VOICE, outputModality = "audio", tools: ownTools }): JsonObject => {
    if (mode === "transcription") {
      return { type: "transcription", audio: { input: { format: AUDIO_FORMAT, transcription: TRANSCRIPTION } } };
    }
    return {
      type: "realtime",
      instructions,
      output_modalities: [outputModality],
      audio: {
        input: {
          format: AUDIO_FORMAT,
          noise_reduction: { type: "near_field" },
          transcription: TRANSCRIPTION,
          turn_detection: {
            type: "server_vad",
            interrupt_response: true,
            create_response: true,
            silence_duration_ms: SILENCE_MS,
          },
        },
        output: { format: AUDIO_FORMAT, voice },
      },
      tools: ownTools ?? tools,
      tool_choice: "auto",
    };
  },
  message: (text, role) => textMessage("input_text", text, role),
  handoffOutput: functionCallOutput,
  createTranscript: () => new ByTurn(),
};
