import { knownOptions, list, object, text } from "../../client/options.ts";
import type { RealtimeSession } from "./session.ts";

/**
 * Version of the realtime protocol:
 *
 * - `v1`: `intent=quicksilver`, the first version of the Rust client; handoffs are separate events.
 * - `v2`: the public Realtime API, as the Rust client used it in March 2026; a handoff is a call of the tool `codex`.
 * - `v3`: today's public Realtime API in full. Unless you set `session`, its tools are those of later versions of the Rust client,
 *   `background_agent` and `remain_silent`.
 */
export type RealtimeProtocolName = "v1" | "v2" | "v3";

/** `transcription`: the service only transcribes what it hears, and does not answer. */
export type RealtimeMode = "conversational" | "transcription";

/** Settings that `session.update` can change while the connection is open. */
export interface RealtimeSessionSettings {
  /** Sent even if empty; not in `transcription`. @default an empty text */
  readonly instructions?: string | undefined;
  /** `v1` supports only `conversational`. @default `"conversational"` */
  readonly mode?: RealtimeMode | undefined;
  /** Name of the voice. @default `"fathom"` in `v1`, else `"marin"` */
  readonly voice?: string | undefined;
  /** Not in `v1`, which always answers with audio. @default `"audio"` */
  readonly outputModality?: "audio" | "text" | undefined;
  /** Replaces the protocol's own tools, in the wire format. Not in `v1`. @default the protocol's own tools */
  readonly tools?: readonly object[] | undefined;
  /**
   * The session in the wire format; only in `v3`. It is sent with only the settings above, so the service's defaults apply to everything
   * else. `keep`: send no `session.update`, because the session exists already: that of a call, a client secret or a prompt. By default the
   * session is made from the settings above.
   */
  readonly session?: RealtimeSession | "keep" | undefined;
}

export interface RealtimeSessionConfig extends RealtimeSessionSettings {
  /**
   * In `v3` a session of type `transcription` is opened by its `intent`; the model is then the one that transcribes.
   * @default the service's
   */
  readonly model?: string | undefined;
  /** Sent as `x-session-id`. Not sent by default. */
  readonly sessionId?: string | undefined;
  /** @default `"v3"` */
  readonly protocol?: RealtimeProtocolName | undefined;
  /**
   * `rtc_…` of a WebRTC call: joins the call's session, while the peer connection carries the audio. The call determines the model. By
   * default a new session is opened.
   */
  readonly callId?: string | undefined;
}

const CONFIG = knownOptions<RealtimeSessionConfig>("the settings of a realtime session", {
  instructions: true,
  mode: true,
  voice: true,
  outputModality: true,
  tools: true,
  session: true,
  model: true,
  sessionId: true,
  protocol: true,
  callId: true,
});

const TEXTS = ["instructions", "voice", "model", "sessionId", "callId"] as const;

/** @throws {@link BuildError} They are no object, a name is unknown, or a value is of the wrong type. */
export function checkSessionConfig(config: RealtimeSessionConfig): void {
  CONFIG(config);
  const { tools, session } = config;
  for (const name of TEXTS) {
    const value = config[name];
    if (value !== undefined) text(name, value);
  }
  if (tools !== undefined) list("tools", tools, "a list of tools");
  if (session !== undefined && session !== "keep") object("session", session, 'an object or "keep"');
}

/** True if the service only transcribes. */
export function isTranscription({ mode, session }: RealtimeSessionSettings): boolean {
  return mode === "transcription" || (typeof session === "object" && session.type === "transcription");
}
