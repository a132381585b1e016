import type { RealtimeSession } from "./session.ts";

/**
 * Version of the realtime protocol:
 * - `v1`: `intent=quicksilver`, the Rust client's first; handoffs are events of their own.
 * - `v2`: the public Realtime API as the Rust client spoke it in March 2026; a handoff is a call of the tool `codex`.
 * - `v3`: the public Realtime API of today, whole; without a `session` of the caller's its tools are those of later builds of the Rust client,
 *   `background_agent` and `remain_silent`.
 */
export type RealtimeProtocolName = "v1" | "v2" | "v3";

/** `transcription`: the service writes down what it hears and answers nothing. */
export type RealtimeMode = "conversational" | "transcription";

/** What `session.update` can change while the connection is open. */
export interface RealtimeSessionSettings {
  /** Sent even when it is empty; not in `transcription`. */
  readonly instructions?: string | undefined;
  /** Default `conversational`. `v1` knows no other. */
  readonly mode?: RealtimeMode | undefined;
  /** Default `fathom` in `v1`, else `marin`. */
  readonly voice?: string | undefined;
  /** Default `audio`. Not in `v1`, which always speaks. */
  readonly outputModality?: "audio" | "text" | undefined;
  /** Instead of the protocol's own tools, in the wire's shape. Not in `v1`. */
  readonly tools?: readonly object[] | undefined;
  /**
   * The session in the wire's shape; `v3` alone. With it nothing else is sent but what the settings above say, so that the service's defaults
   * hold for the rest. `keep`: no `session.update` at all, for a session that is made already: a call's, a client secret's, a prompt's.
   */
  readonly session?: RealtimeSession | "keep" | undefined;
}

export interface RealtimeSessionConfig extends RealtimeSessionSettings {
  /** In `v3` a session of type `transcription` is opened by its intent; the model then is the one that writes down. */
  readonly model?: string | undefined;
  /** Sent as `x-session-id`. */
  readonly sessionId?: string | undefined;
  /** Default `v3`. */
  readonly protocol?: RealtimeProtocolName | undefined;
  /** `rtc_…` of a WebRTC call: joins its session beside the peer connection that carries the audio. The model is the call's own. */
  readonly callId?: string | undefined;
}

/** Whether the service only writes down. */
export function isTranscription({ mode, session }: RealtimeSessionSettings): boolean {
  return mode === "transcription" || (typeof session === "object" && session.type === "transcription");
}
