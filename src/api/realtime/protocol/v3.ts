import { callIn, done, type EventDecoder, handoffIn, itemDone, responseEvent } from "./decoders.ts";
import { functionCallOutput, functionTool, type RealtimeProtocol, textMessage } from "./protocol.ts";
import { publicDecoders, publicSession } from "./public-api.ts";
import { ByTurn } from "./transcript.ts";

const AGENT_TOOL = "background_agent";
const SILENCE_TOOL = "remain_silent";

const session = {
  transcription: { model: "gpt-4o-mini-transcribe" },
  /** How long the user must be silent before it is the model's turn. */
  turnDetection: { silence_duration_ms: 500 },
  tools: [
    functionTool(
      AGENT_TOOL,
      "Hands a task over to the agent that works in the background, or guides the task it is working on. Use it for whatever needs work rather than talk, and pass the user's words on unchanged.",
      { prompt: "The task, in the user's own words." },
    ),
    functionTool(SILENCE_TOOL, "Says nothing. Use it whenever an answer aloud would only disturb.", {}),
  ],
};

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
    ...publicDecoders,
    ["conversation.item.input_audio_transcription.completed", done("input_transcript.done", "transcript")],
    ["response.output_text.done", done("output_transcript.done", "text")],
    ["response.output_audio_transcript.done", done("output_transcript.done", "transcript")],
    ["conversation.item.done", callOrItemDone],
    ["response.created", responseEvent("response_created")],
    ["response.done", responseEvent("response_done")],
  ]),
  session: (settings) => publicSession(settings, session),
  message: (text, role) => textMessage("input_text", text, role),
  handoffOutput: functionCallOutput,
  createTranscript: () => new ByTurn(),
};
