import { type Fields, fieldsIn, isFields } from "../fields.ts";

export const SILENCE_MS = 500;
const SESSION_SECONDS = 3_600;
const FORMAT = { type: "audio/pcm", rate: 24_000 };
const SERVER_VAD = {
  type: "server_vad",
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: SILENCE_MS,
  idle_timeout_ms: null,
  create_response: true,
  interrupt_response: true,
};
const SEMANTIC_VAD = { type: "semantic_vad", eagerness: "auto", create_response: true, interrupt_response: true };

/** A session of the public API as the service opens it, with its defaults. */
export function openedSession(type: "realtime" | "transcription", nowSeconds: number): Fields {
  const input = {
    format: FORMAT,
    transcription: null,
    noise_reduction: null,
    turn_detection: SERVER_VAD,
  };
  const expires_at = nowSeconds + SESSION_SECONDS;
  if (type === "transcription") {
    return { type, object: "realtime.transcription_session", expires_at, audio: { input }, include: null };
  }
  return {
    type,
    object: "realtime.session",
    expires_at,
    output_modalities: ["audio"],
    instructions: "",
    tools: [],
    tool_choice: "auto",
    max_output_tokens: "inf",
    tracing: null,
    truncation: "auto",
    prompt: null,
    audio: { input, output: { format: FORMAT, voice: "marin", speed: 1 } },
    include: null,
  };
}

/**
 * Objects are merged; any other value replaces the one before, and so does an object of another `type`, such as another audio format or
 * turn detection.
 */
export function merged(before: Fields, changes: Fields): Fields {
  const result: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    const old = result[name];
    const isSameKind = isFields(old) && isFields(value) && (value.type ?? old.type) === old.type;
    result[name] = isSameKind ? merged(old, value) : value;
  }
  return result;
}

/** A session after an update. Fields that the update leaves out of a turn detection get the service's defaults. */
export function updated(session: Fields, changes: Fields): Fields {
  const next = merged(session, changes);
  const detection = turnDetectionOf(next);
  if (next.type === "quicksilver" || !detection) return next;
  const defaults = detection.type === "semantic_vad" ? SEMANTIC_VAD : SERVER_VAD;
  return merged(next, { audio: { input: { turn_detection: { ...defaults, ...detection } } } });
}

/** The turn detection of a session: null if it is off, empty for the service's default. */
export function turnDetectionOf(session: Fields): Fields | null {
  const input = inputOf(session);
  return input.turn_detection === null ? null : (fieldsIn(input, "turn_detection") ?? {});
}

/** True if the user's speech is transcribed. */
export function transcribes(session: Fields): boolean {
  return session.type !== "realtime" || fieldsIn(inputOf(session), "transcription") !== undefined;
}

function inputOf(session: Fields): Fields {
  return fieldsIn(fieldsIn(session, "audio") ?? {}, "input") ?? {};
}
