import type { JsonObject } from "../../wire/json.ts";
import type { RealtimeSessionSettings } from "../settings.ts";
import {
  audioFormatIn,
  delta,
  type EventDecoder,
  itemAdded,
  itemDone,
  serviceError,
  sessionUpdated,
  stringIn,
} from "./decoders.ts";
import { AUDIO_FORMAT, FINAL_MESSAGE_PREFIX, type RealtimeProtocol, textMessage } from "./protocol.ts";
import { UntilHandoff } from "./transcript.ts";

const DEFAULT_VOICE = "fathom";

/** In this protocol the service must state the audio format. */
const audioOut: EventDecoder = (event) => {
  const data = stringIn(event, "delta", "data");
  const { sampleRate, numChannels, ...rest } = audioFormatIn(event);
  if (data === undefined || sampleRate === undefined || numChannels === undefined) return undefined;
  return { type: "audio_out", frame: { data, sampleRate, numChannels, ...rest } };
};

const handoffRequested: EventDecoder = (event) => {
  const handoffId = stringIn(event, "handoff_id");
  const itemId = stringIn(event, "item_id");
  const inputTranscript = stringIn(event, "input_transcript");
  if (handoffId === undefined || itemId === undefined || inputTranscript === undefined) return undefined;
  return { type: "handoff_requested", handoffId, itemId, inputTranscript, activeTranscript: [] };
};

function session({ instructions = "", voice = DEFAULT_VOICE }: RealtimeSessionSettings): JsonObject {
  return { type: "quicksilver", instructions, audio: { input: { format: AUDIO_FORMAT }, output: { voice } } };
}

/** The Rust client's first realtime protocol, as of March 2026. */
export const v1: RealtimeProtocol = {
  name: "v1",
  intentOf: () => "quicksilver",
  isPublic: false,
  isWhole: false,
  answersWhenAsked: false,
  decoders: new Map([
    ["session.updated", sessionUpdated],
    ["conversation.output_audio.delta", audioOut],
    ["conversation.input_transcript.delta", delta("input_transcript.delta")],
    ["conversation.output_transcript.delta", delta("output_transcript.delta")],
    ["conversation.item.added", itemAdded],
    ["conversation.item.done", itemDone],
    ["conversation.handoff.requested", handoffRequested],
    ["error", serviceError],
  ]),
  session,
  change: (settings, changes) => session({ ...settings, ...changes }),
  message: (text, role) => textMessage("text", text, role),
  handoffOutput: (handoffId, text) => ({
    type: "conversation.handoff.append",
    handoff_id: handoffId,
    output_text: FINAL_MESSAGE_PREFIX + text,
  }),
  createStages: () => [new UntilHandoff()],
};
