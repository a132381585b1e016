/**
 * Version of the realtime protocol, as the reference has spoken it:
 * - `v1`: `intent=quicksilver`, its first; handoffs are events of their own.
 * - `v2`: the public Realtime API as of March 2026; a handoff is a call of the tool `codex`.
 * - `v3`: the same API as of later builds; the tools are `background_agent` and `remain_silent`, responses begin and end with events.
 */
export type RealtimeProtocolName = "v1" | "v2" | "v3";

/** `transcription`: the service writes down what it hears and answers nothing. */
export type RealtimeMode = "conversational" | "transcription";

/** What `session.update` can change while the connection is open. */
export interface RealtimeSessionSettings {
  /** Sent even when it is empty; not in `transcription`. */
  readonly instructions: string;
  /** Default `conversational`. `v1` knows no other. */
  readonly mode?: RealtimeMode | undefined;
  /** Default `fathom` in `v1`, else `marin`. */
  readonly voice?: string | undefined;
  /** Default `audio`. Not in `v1`, which always speaks. */
  readonly outputModality?: "audio" | "text" | undefined;
  /** Instead of the protocol's own tools, in the wire's shape. Not in `v1`. */
  readonly tools?: readonly object[] | undefined;
}

export interface RealtimeSessionConfig extends RealtimeSessionSettings {
  readonly model?: string | undefined;
  /** Sent as `x-session-id`. */
  readonly sessionId?: string | undefined;
  /** Default `v3`. */
  readonly protocol?: RealtimeProtocolName | undefined;
  /** `rtc_…` of a WebRTC call: joins its session beside the peer connection that carries the audio. The model is the call's own. */
  readonly callId?: string | undefined;
}
