import { BuildError } from "../../../client/failure/kinds.ts";
import { oneOf, withoutUndefined } from "../../../client/options.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { RealtimeSession } from "../session.ts";
import { isTranscription, type RealtimeSessionConfig } from "../settings.ts";
import { AudioFormats } from "./audio-format.ts";
import { AUDIO_FORMAT, functionCallOutput, ownTool, type RealtimeProtocol, textMessage } from "./protocol.ts";
import { publicSession } from "./public-api.ts";
import { publicEventDecoders } from "./public-events.ts";
import { merged, sessionWire } from "./session-wire.ts";
import { ByTurn } from "./transcript.ts";

const AGENT_TOOL = "background_agent";
const SILENCE_TOOL = "remain_silent";

/** The Rust client's `gpt-4o-mini-transcribe` is discontinued in February 2027 (parity: `realtime/transcription-model`). */
const TRANSCRIPTION_MODEL = "gpt-live-transcribe";

const defaults = {
  transcription: { model: TRANSCRIPTION_MODEL },
  /** How long the user must be silent before the model takes its turn. */
  turnDetection: { silence_duration_ms: 500 },
  tools: [
    ownTool(
      AGENT_TOOL,
      "Hands a task over to the agent that works in the background, or guides the task it is working on. Use it for whatever needs work rather than talk, and pass the user's words on unchanged.",
      { prompt: "The task, in the user's own words." },
    ),
    ownTool(SILENCE_TOOL, "Says nothing. Use it whenever an answer aloud would only disturb.", {}),
  ],
};

/** Today's public Realtime API. Without a session given by the caller, as later versions of the Rust client use it. */
export const v3: RealtimeProtocol = {
  name: "v3",
  intentOf: (settings) => (isTranscription(settings) ? "transcription" : undefined),
  isPublic: true,
  isWhole: true,
  answersWhenAsked: true,
  decoders: publicEventDecoders({ agent: AGENT_TOOL, silence: SILENCE_TOOL }),
  session: (config) => (config.session === undefined ? sessionByDefault(config) : sessionOf(config)),
  change: (settings, changes) => {
    const isWritten = isTranscription(settings) && changes.mode === undefined;
    return sessionOf(isWritten ? { mode: "transcription", ...changes } : changes);
  },
  message: (text, role) => textMessage("input_text", text, role),
  handoffOutput: functionCallOutput,
  createStages: () => [new AudioFormats(), new ByTurn()],
};

function sessionByDefault(config: RealtimeSessionConfig): JsonObject {
  const session = publicSession({ instructions: "", ...withoutUndefined(config) }, defaults);
  if (!isTranscription(config)) return session;
  const transcription = { model: config.model ?? TRANSCRIPTION_MODEL };
  return merged(session, { audio: { input: { transcription } } });
}

/** Only the fields that were asked for. @throws {@link BuildError} A setting is unknown. */
function sessionOf(config: RealtimeSessionConfig): JsonObject {
  const { session = {}, instructions, voice, outputModality, tools, mode, model } = config;
  if (session === "keep") throw new BuildError('session: "keep" sends no update; give the fields to change');
  if (mode !== undefined) oneOf("mode", mode, ["conversational", "transcription"]);
  if (outputModality !== undefined) oneOf("outputModality", outputModality, ["audio", "text"]);
  const { type: _type, ...given } = session;
  if (isTranscription(config)) {
    const own = { input: { transcription: model === undefined ? undefined : { model } } };
    const base = model === undefined ? {} : { audio: { input: { format: AUDIO_FORMAT, ...own.input } } };
    return sessionWire(merged({ type: "transcription", ...base }, given as JsonObject) as RealtimeSession);
  }
  const shorthand = withoutUndefined({
    type: session.type,
    instructions,
    output_modalities: outputModality && [outputModality],
    audio: voice === undefined ? undefined : { output: { voice } },
    tools,
  });
  return sessionWire(merged(shorthand, given as JsonObject) as RealtimeSession);
}
