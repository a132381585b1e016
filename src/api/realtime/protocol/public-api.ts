import { oneOf } from "../../../client/options.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { RealtimeSessionSettings } from "../settings.ts";
import { AUDIO_FORMAT } from "./protocol.ts";

const DEFAULT_VOICE = "marin";

/** What differs between the versions' sessions. */
export interface PublicSession {
  /** For `audio.input`, in every mode. */
  readonly transcription?: JsonObject;
  /** Added to the turn detection that every session has. */
  readonly turnDetection?: JsonObject;
  readonly tools: readonly object[];
}

/** @throws {@link BuildError} A setting is unknown. */
export function publicSession(settings: RealtimeSessionSettings, version: PublicSession): JsonObject {
  const {
    instructions = "",
    mode = "conversational",
    voice = DEFAULT_VOICE,
    outputModality = "audio",
    tools = version.tools,
  } = settings;
  const { transcription } = version;
  oneOf("mode", mode, ["conversational", "transcription"]);
  oneOf("outputModality", outputModality, ["audio", "text"]);
  const input = { format: AUDIO_FORMAT, ...(transcription && { transcription }) };
  if (mode === "transcription") return { type: "transcription", audio: { input } };
  return {
    type: "realtime",
    instructions,
    output_modalities: [outputModality],
    audio: {
      input: {
        ...input,
        noise_reduction: { type: "near_field" },
        turn_detection: {
          type: "server_vad",
          interrupt_response: true,
          create_response: true,
          ...version.turnDetection,
        },
      },
      output: { format: AUDIO_FORMAT, voice },
    },
    tools,
    tool_choice: "auto",
  };
}
